"""Command line of svclib: one module per kind of command.

Exit codes: 0 ok, 1 a step failed, 2 the input is invalid and nothing was written, 3 a verified run
differs, 4 a run that was asked for step 60 alone raised red or amber warnings, 5 another run of the
cycle is under way and nothing was written.
"""

from svclib.cli import doctor, evaluate, export, inputs, reduce, review
from svclib.cli.base import main, preferred

__all__ = ["doctor", "evaluate", "export", "inputs", "main", "preferred", "reduce", "review"]
