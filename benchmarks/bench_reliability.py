"""`python -m benchmarks.bench_reliability`: reliability of a million forms, and intervals against peers.

Run by hand; needs 3 GB.  Seconds of the processor depend on the machine, ratios within one run
hardly do; a budget that is missed ends with exit code 1.  psych is timed where Rscript and psych are present.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pingouin

from benchmarks.timing import HEAD, line, peak, seconds
from svclib import factor, reliability

ROWS, DIMENSIONS, ITEMS = 1_000_000, 6, 5
SECONDS, MEGABYTES, REDUCTION = 5.0, 1000.0, 2.0
RESAMPLES = 2000
PSYCH = """
suppressMessages(library(psych))
x <- read.csv(commandArgs(TRUE)[1])
took <- system.time(for (i in 1:10) alpha(x[sample(nrow(x), replace = TRUE), ], warnings = FALSE))
cat(sum(took[1:2]) / 10)
"""


def answers(n: int, dimensions: int, items: int) -> np.ndarray:
    """1-5 answers with one factor per dimension and a common one, (n, dimensions x items)."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal((n, 1))
    parts = []
    for _ in range(dimensions):
        own = 0.7 * common + 0.7 * rng.standard_normal((n, 1))
        parts.append(np.clip(np.rint(0.8 * (own + rng.standard_normal((n, items))) + 3.6), 1, 5))
    return np.hstack(parts)


def survey() -> tuple[pd.DataFrame, Any]:
    """A million forms in two cycles, and what by_dimension reads of a framework."""
    x = answers(ROWS, DIMENSIONS, ITEMS)
    names = [f"q{j:02d}" for j in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names)
    parts = [names[i : i + ITEMS] for i in range(0, len(names), ITEMS)]
    dimensions = [
        SimpleNamespace(name=f"d{d}", indicators=(
            SimpleNamespace(name=f"i{d}", items=tuple(items), scale=(1, 5), subjects=("s",)),))
        for d, items in enumerate(parts)
    ]  # fmt: skip
    keys = {"cycle": np.where(np.arange(ROWS) % 2, "a", "b"), "subject": "s", "cluster": "", "stratum": ""}
    ids = np.arange(ROWS).astype(str)
    return frame.assign(**keys, respondent=ids, weight=1.0), SimpleNamespace(dimensions=dimensions)


def large() -> int:
    """All rows with intervals of a million forms; the reduction against a bare grouped X'X."""
    frame, framework = survey()
    names = [c for c in frame.columns if c.startswith("q")]
    cycle = frame["cycle"].to_numpy(dtype=str)

    def everything() -> None:
        reliability.by_dimension(frame, framework)

    def bare() -> None:
        x, code = frame[names].to_numpy(), np.unique(cycle, return_inverse=True)[1]
        order = np.argsort(code, kind="stable")
        for part in np.split(order, np.cumsum(np.bincount(code))[:-1]):
            part_x = x[part]
            np.dot(part_x.T, part_x)

    def ours() -> None:
        x, code = frame[names], np.unique(cycle, return_inverse=True)[1]
        order = np.argsort(code, kind="stable")
        for part in np.split(order, np.cumsum(np.bincount(code))[:-1]):
            factor.moments(factor.sample(x.iloc[part]))

    bad = line("1M x 30: every coefficient, item analysis, s", seconds(everything, 2), "budget", SECONDS, 1)
    bad += line("1M x 30: memory beyond the data, MB", peak(everything), "budget", MEGABYTES, 1)
    return bad + line(
        "1M x 30: moments per cycle, s", seconds(ours), "numpy X'X per cycle", seconds(bare), REDUCTION
    )


def against_peers() -> int:
    """Alpha with an interval, 10k x 20: influence and bootstrap against resampling by the peers."""
    x = pd.DataFrame(answers(10_000, 1, 20), columns=[f"q{j:02d}" for j in range(20)])
    rows = factor.sample(x)
    rng = np.random.default_rng(1)

    def peer() -> None:
        for _ in range(20):
            pingouin.cronbach_alpha(x.iloc[rng.integers(0, len(x), len(x))])

    loop = seconds(peer, 1) / 20 * RESAMPLES
    adf = seconds(lambda: reliability.coefficients(rows, ["alpha.raw"]))
    resampled = seconds(lambda: reliability.coefficients(rows, ["alpha.raw"], ci="bootstrap"), 1)
    told = f"bootstrap of pingouin, {RESAMPLES} (20 run)"
    bad = line("10k x 20: alpha, adf interval, s", adf, told, loop, 0.01)
    bad += line("10k x 20: alpha, bootstrap interval, s", resampled, told, loop, 0.5)
    took = psych(x)
    if took is None:
        print("psych: Rscript or the package is not there, left out")
        return bad
    told = f"bootstrap of psych, {RESAMPLES} (10 run)"
    bad += line("10k x 20: alpha, adf interval, s", adf, told, took * RESAMPLES, 0.01)
    return bad + line("10k x 20: alpha, bootstrap interval, s", resampled, told, took * RESAMPLES, 0.5)


def psych(x: pd.DataFrame) -> float | None:
    """Seconds of one psych::alpha of a resample; None without R or psych."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "x.csv", Path(folder) / "time.R"
        x.to_csv(data, index=False)
        script.write_text(PSYCH, encoding="utf-8")
        done = subprocess.run([program, str(script), str(data)], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> int:
    """Print all comparisons; 1 when a budget is missed."""
    print(HEAD)
    return int(large() + against_peers() > 0)


if __name__ == "__main__":
    sys.exit(main())
