"""Three Delphi rounds of nine experts: weights of the dimensions, what matters to customers, and cuts.

They start apart and move towards the median, but for the camp that wants 合格 to begin at 70: on
that cut the panel stays split.  One expert leaves after the first round.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .model import DIMENSIONS, SEED

ROUNDS, EXPERTS, LEAVES = 3, 9, 8
NEARER = 0.65  # of the way to the median from one round to the next
KINDS = {"weight": "权重", "importance": "重要性", "cut": "分数线"}
# First opinions: centre, spread.
WEIGHTS = dict(zip(DIMENSIONS, ((30, 6), (25, 6), (21, 6), (14, 4), (10, 3)), strict=True))
RATINGS = {"服务态度": (4.5, 0.6), "沟通反馈": (3.6, 1.0), "投诉处理率": (4.0, 1.1)}
CUTS = {"优秀": (90, 2.5), "良好": (80, 2.5)}
SPLIT = ("合格", (60, 60, 60, 60, 70, 60, 70, 70, 70))


def opinions() -> pd.DataFrame:
    """Sheet 德尔菲."""
    rng = np.random.default_rng([SEED, 9])
    first = {name: _first(rng, table) for name, table in zip(KINDS, (WEIGHTS, RATINGS, CUTS), strict=True)}
    rows = []
    for number in range(1, ROUNDS + 1):
        present = [k for k in range(EXPERTS) if number == 1 or k != LEAVES]
        for kind, values in first.items():
            told = _told(values[present], kind)
            items = list({"weight": WEIGHTS, "importance": RATINGS, "cut": CUTS}[kind])
            rows += [
                (number, k, KINDS[kind], item, value)
                for k, own in zip(present, told, strict=True)
                for item, value in zip(items, own, strict=True)
            ]
            values[:] = values + NEARER * (np.median(values[present], axis=0) - values)
        rows += [(number, k, KINDS["cut"], SPLIT[0], SPLIT[1][k]) for k in present]
    frame = pd.DataFrame(rows, columns=["轮次", "专家", "意见类型", "对象", "意见值"])
    return frame.assign(专家=frame["专家"].map(lambda k: f"专家{'ABCDEFGHI'[k]}"))


def _first(rng: np.random.Generator, table: dict[str, tuple[float, float]]) -> np.ndarray:
    centre, spread = np.array(list(table.values()), dtype=float).T
    return centre + spread * rng.normal(size=(EXPERTS, len(table)))


def _told(values: np.ndarray, kind: str) -> np.ndarray:
    """Opinions as written: whole numbers, ratings 1-5, weights of an expert summing to 100."""
    if kind == "importance":
        return np.clip(np.rint(values), 1, 5).astype(int)
    told = np.rint(values).astype(int)
    if kind == "weight":
        told = np.maximum(told, 1)
        told[:, 0] += 100 - told.sum(axis=1)
    return told
