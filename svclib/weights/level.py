"""What a weighting method is given, and what it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import ParamError
from svclib.weights.judgements import TOTAL

if TYPE_CHECKING:
    from svclib.framework import Framework, Method, Weighting


class Level(NamedTuple):
    """The children of one parent and the method that weights them."""

    parent: str
    names: tuple[str, ...]
    written: tuple[float | None, ...]
    rule: Method


class Tier(NamedTuple):
    """A parent, its children with their written weights, and how they are weighted."""

    parent: str
    names: tuple[str, ...]
    written: tuple[float | None, ...]
    weighting: Weighting

    def by(self, rule: Method) -> Level:
        """The level as one method sees it."""
        return Level(self.parent, self.names, self.written, rule)


def tiers(framework: Framework) -> list[Tier]:
    """The dimensions under the total first, then the indicators under each dimension."""
    parents = [(TOTAL, framework.dimensions, framework.weights)]
    parents += [(d.name, d.indicators, d.weights) for d in framework.dimensions]
    return [
        Tier(parent, tuple(c.name for c in nodes), tuple(c.weight for c in nodes), rule)
        for parent, nodes, rule in parents
    ]


class Sources(NamedTuple):
    """Data that methods may need: None where there are none."""

    judgments: pd.DataFrame | None
    scores: pd.DataFrame | None  # (n_units, children of every level), anchored points
    responses: pd.DataFrame | None
    framework: Framework  # whose items the drivers are made of

    def needed(self, level: Level, name: str) -> pd.DataFrame:
        """The frame called `name`.

        Raises
        ------
        ParamError
            There is none, or it is empty.
        """
        frame: pd.DataFrame | None = getattr(self, name)
        if frame is None or frame.empty:
            raise ParamError(
                f"weights of {level.parent!r}: method {level.rule.method!r} needs {name}, and there are none"
            )
        return frame

    def of_dimensions(self, tiers: Iterable[Tier], local: Mapping[str, np.ndarray]) -> Sources:
        """The same with the scores of the dimensions beside those of their indicators.

        A unit without one of the indicators has no score of the dimension.
        """
        if self.scores is None:
            return self
        made = {
            tier.parent: self.scores[list(tier.names)].to_numpy(dtype=float) @ local[tier.parent]
            for tier in tiers
        }
        return self._replace(scores=self.scores.assign(**made))
