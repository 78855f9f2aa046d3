"""What a review of the indicator system looks at, and the columns every part of it shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from svclib.errors import ParamError

if TYPE_CHECKING:
    from svclib.framework import Framework, Indicator


@dataclass(frozen=True)
class Material:
    """The indicator system and the tables of one cycle.

    Attributes
    ----------
    framework : the indicator system under review
    cycle : the cycle whose data are looked at; rows of other cycles are left out
    answers : valid responses of that cycle, reverse items recoded
    scores : table "indicator_scores" of the cycle, and of the baseline where there is one
    items : table "item_profile"
    analysis : cycle, subject, item, r_drop, as table "item_analysis" has them
    weights : table "weights"; the rows without a group count
    targets : table "targets"
    owners : {source: who collects it} of the sources that are declared
    baseline : the cycle compared with, "" when there is none
    before : the indicator system of the baseline, None when there is none
    alpha : error rate of the tests
    """

    framework: Framework
    cycle: str
    answers: pd.DataFrame
    scores: pd.DataFrame
    items: pd.DataFrame
    analysis: pd.DataFrame
    weights: pd.DataFrame
    targets: pd.DataFrame
    owners: dict[str, str] = field(default_factory=dict)
    baseline: str = ""
    before: Framework | None = None
    alpha: float = 0.05

    def __post_init__(self) -> None:
        """Refuse tables without the cycle: a review of no data would find no fault."""
        known = sorted(set(self.scores["cycle"]))
        if self.cycle not in known:
            raise ParamError(f"cycle {self.cycle!r} is not in the indicator scores; choose one of {known}")

    def now(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the cycle."""
        return frame[frame["cycle"] == self.cycle].reset_index(drop=True)

    def headline(self, cycle: str = "") -> pd.DataFrame:
        """Scores over all evaluators of `cycle` (the one under review by default) that count."""
        rows = self.scores[self.scores["cycle"] == (cycle or self.cycle)]
        return rows[(rows["subject"] == "") & (rows["status"] == "ok")]

    @property
    def global_weights(self) -> pd.DataFrame:
        """Weights of the indicators under the rules common to all groups, index node."""
        rows = self.weights[(self.weights["group"] == "") & (self.weights["level"] == "indicator")]
        return rows.set_index("node")


def sources(indicator: Indicator) -> tuple[str, ...]:
    """Who or what an indicator's value comes from: its evaluators, or the records."""
    return indicator.subjects or ("kpis",)
