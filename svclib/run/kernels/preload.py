"""Everything a notebook imports, imported once: the fork server runs this before it forks kernels.

Kernels start from what is here, so nothing may be left behind that a fresh interpreter has not:
no shell, no backend of pyplot, no changed settings of matplotlib.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from importlib import import_module

from svclib.run.kernels import RUNNER

END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
MODULES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.pyplot",
    "numpy",
    "pandas",
    "pandas.core.arrays.arrow.extension_types",
    "pandas.core.methods.to_dict",
    "pingouin",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "scipy.stats",
    "seaborn",
    "statsmodels.api",
    "svclib.actions",
    "svclib.cycle",
    "svclib.decomposition",
    "svclib.plots",
    "svclib.tables",
    "svclib.wording",
    "svclib.run.kernels.child",
    "tornado.platform.asyncio",
)


# Ctrl-C in a terminal reaches this process too; the run itself ends its kernels.
signal.signal(signal.SIGINT, signal.SIG_IGN)
# The run may be killed while this imports, when nothing here looks at the pipe that tells.
ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
if os.environ.get(RUNNER, str(os.getppid())) != str(os.getppid()):  # it was killed before that
    os._exit(1)
# Nobody debugs these kernels, and each would load the debugger when it starts.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]
for name in MODULES:
    import_module(name)
import_module("svclib.plots.style").warm_up()
for lang in ("zh", "en"):
    import_module("svclib.tables.words").words(lang)
gc.collect()
gc.freeze()  # kernels then leave these pages alone, and shared
