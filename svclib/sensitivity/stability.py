"""Grades and ranks under other samples, other weights, and both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES, sort_by_key
from svclib.scores import TOTAL, NodeDraws, WeightDraws
from svclib.sensitivity.ranks import rank_counts, rank_ends
from svclib.sensitivity.sampling import asked, grade_codes
from svclib.sensitivity.standing import Standing, regraded, rescored
from svclib.targets import Aims

CHUNK = 800_000  # numbers of one array at a time
Side = tuple[Standing, WeightDraws]


class Run(NamedTuple):
    """What every row of the two tables repeats."""

    cycle: str
    seed: int
    confidence: float


class _Counts(NamedTuple):
    """Draws that end in each grade, (U, labels), and at each rank, (U, U)."""

    grades: np.ndarray
    ranks: np.ndarray
    size: int

    def plus(self, more: _Counts) -> _Counts:
        """Both sets of draws together."""
        return _Counts(self.grades + more.grades, self.ranks + more.ranks, self.size + more.size)


def of_weights(sides: Sequence[Side]) -> _Counts:
    """Every draw of the weights on the published scores, a few draws at a time.

    Parameters
    ----------
    sides : units under the same rules, and draws of their weights (the same number for all).
    """
    parts = ([_graded(of, part) for of, part in pieces] for pieces in _chunks(sides))
    return _count(parts, sides)


def of_draws(sides: Sequence[Side], drawn: Mapping[str, NodeDraws], aims: Aims) -> _Counts:
    """Joint draws of every unit, their scores made with the weights in force or with drawn ones."""
    parts = []
    for of, _ in sides:
        last = ["" if k < 0 else of.framework.grades.labels[k] for k in of.last]
        codes = [
            grade_codes(
                drawn[u], of.framework, aims={i: aim for (unit, i), aim in aims.items() if unit == u}, last=g
            )
            for u, g in zip(of.units, last, strict=True)
        ]
        totals = [drawn[u].scores[TOTAL] for u in of.units]
        parts.append((np.column_stack(codes), np.column_stack(totals)))
    step = max(1, CHUNK // max(1, sum(len(of.units) for of, _ in sides)))
    size = len(parts[0][0])
    pieces = ([(c[k : k + step], t[k : k + step]) for c, t in parts] for k in range(0, size, step))
    return _count(pieces, sides)


def _chunks(sides: Sequence[Side]) -> Iterator[list[Side]]:
    step = max(1, CHUNK // max(1, sum(len(of.units) for of, _ in sides)) // 8)
    for start in range(0, len(sides[0][1].top), step):
        at = slice(start, start + step)
        yield [(of, WeightDraws(w.local[at], w.top[at])) for of, w in sides]


def _graded(of: Standing, weights: WeightDraws) -> tuple[np.ndarray, np.ndarray]:
    nodes = rescored(of, weights, wanted=asked(of.framework))
    return regraded(of, nodes), nodes[TOTAL]


def _count(pieces: Iterator[list[tuple[np.ndarray, np.ndarray]]], sides: Sequence[Side]) -> _Counts:
    units = sum(len(of.units) for of, _ in sides)
    labels = max(len(of.framework.grades.labels) for of, _ in sides)
    counts = _Counts(np.zeros((units, labels), dtype=int), np.zeros((units, units), dtype=int), 0)
    for piece in pieces:
        codes = np.hstack([c for c, _ in piece])
        n = codes.shape[1]
        cells = np.bincount((codes + labels * np.arange(n)).ravel(), minlength=labels * n).reshape(n, labels)
        placed = rank_counts(np.hstack([t for _, t in piece]))
        counts = counts.plus(_Counts(cells, placed, len(codes)))
    return counts


def stability(
    sides: Sequence[Side], drawn: Mapping[str, Mapping[str, NodeDraws]], aims: Aims, *, run: Run
) -> dict[str, pd.DataFrame]:
    """Tables "grade_stability" and "rank_stability": by source "sampling", "weights" and "both".

    probability is the share of draws that end in a grade; rank_low and rank_high are
    percentiles of the rank among these units, p_first the share of draws in which the unit
    comes first.  A rank is taken over all sides together.

    Parameters
    ----------
    sides : graded units under the same rules, and draws of their weights.
    drawn : by source "sampling" and "both", draws of every unit of the sides: of its scores
        under the weights in force, and under the drawn ones.
    aims : targets in force.
    """
    found = {"weights": of_weights(sides)} | {k: of_draws(sides, d, aims) for k, d in drawn.items()}
    grades: list[dict[str, Any]] = []
    ranks: list[dict[str, Any]] = []
    labelled = [(u, of.framework.grades.labels) for of, _ in sides for u in of.units]
    for source, counts in found.items():
        low, high = rank_ends(counts.ranks, confidence=run.confidence)
        repeated = {"cycle": run.cycle, "source": source, "draws": counts.size, "seed": run.seed}
        for k, (unit, labels) in enumerate(labelled):
            key = repeated | {"unit": unit}
            grades += [
                key | {"grade": g, "probability": counts.grades[k, j] / counts.size}
                for j, g in enumerate(labels)
            ]
            first = counts.ranks[k, 0] / counts.size
            ends = {"rank_low": float(low[k]), "rank_high": float(high[k])}
            ranks.append(key | ends | {"p_first": first, "confidence": run.confidence})
    made = {"grade_stability": grades, "rank_stability": ranks}
    return {name: _framed(name, rows) for name, rows in made.items()}


def _framed(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return sort_by_key(name, pd.DataFrame(rows, columns=list(TABLES[name].all_columns)))
