"""The chain of one evaluation cycle: `open` it in a notebook, or `evaluate` it in memory.

Notebooks and `evaluate` call the same steps, so a report and a simulation cannot differ.
"""

from svclib.cycle.context import Context, open  # noqa: A004 - cycle.open reads as it should
from svclib.cycle.evaluation import evaluate, evaluate_state, load
from svclib.cycle.state import ALL_UNITS, State

__all__ = ["ALL_UNITS", "Context", "State", "evaluate", "evaluate_state", "load", "open"]
