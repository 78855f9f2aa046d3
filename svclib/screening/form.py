"""The questionnaire as it was asked: items in order, their scales, blocks and direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.errors import DataError

if TYPE_CHECKING:
    from svclib.framework import Framework


@dataclass(frozen=True)
class Form:
    """k items in the order asked.

    Attributes
    ----------
    items : column of each item
    low, high : (k,), lowest and highest possible code
    blocks : what each item measures (its indicator); items of one block are halves of each other
    reverse : (k,), True where the highest code is the worst answer
    """

    items: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    blocks: tuple[str, ...]
    reverse: np.ndarray

    @classmethod
    def of(cls, framework: Framework, columns: Iterable[str]) -> Form:
        """The rating items of `framework` in the order of `columns`, the order of the file.

        Raises
        ------
        DataError
            An item has no column.
        """
        known = {item: i for i in reversed(framework.indicators) for item in i.items}
        order = tuple(c for c in columns if c in known)
        absent = [item for item in framework.items if item not in order]
        if absent:
            raise DataError(f"responses have no column for items {absent}; found {list(columns)}")
        low, high = np.array([known[item].bounds for item in order], dtype=float).reshape(-1, 2).T
        reverse = np.array([item in known[item].reverse for item in order], dtype=bool)
        return cls(order, low, high, tuple(known[item].name for item in order), reverse)

    def codes(self, rows: pd.DataFrame) -> np.ndarray:
        """Answers as given, (n, k), NaN = unanswered."""
        return rows[list(self.items)].to_numpy(dtype=float)

    def positions(self, codes: np.ndarray) -> np.ndarray:
        """Answers as positions on their scale, 0 = worst to 1 = best, (n, k)."""
        place = (codes - self.low) / (self.high - self.low)
        return np.where(self.reverse, 1 - place, place)

    def means(self, rows: pd.DataFrame) -> np.ndarray:
        """Mean answer of each row in points, 0 to 100, over the items it answers, (n,)."""
        place = self.positions(self.codes(rows))
        n = (~np.isnan(place)).sum(axis=1)
        return np.divide(100 * np.nansum(place, axis=1), n, out=np.full(len(place), np.nan), where=n > 0)
