"""`python -m benchmarks.bench_weights`: weights against loops over the oracles, pymcdm and AHPy.

Seconds of the processor depend on the machine, ratios within one run hardly do; a ratio over
its limit ends with exit code 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import ahpy
import numpy as np
import pandas as pd
from pymcdm import weights as oracle
from pymcdm.weights.subjective import AHP

from benchmarks.timing import HEAD, line, seconds
from svclib import weights

EXPERTS, ITEMS, UNITS, INDICATORS, TABLES = 200, 7, 500, 30, 50


def panel() -> tuple[list[np.ndarray], pd.DataFrame]:
    """Matrices of noisy experts on the scale 1-9, and the same as rows of judgements."""
    rng = np.random.default_rng(0)
    true = np.log(rng.dirichlet(np.full(ITEMS, 3.0)))
    upper = np.triu_indices(ITEMS, 1)
    matrices, rows = [], []
    for expert in range(EXPERTS):
        said = np.subtract.outer(true, true)[upper] + rng.normal(0, 0.15, len(upper[0]))
        times = np.clip(np.rint(np.exp(np.abs(said))), 1, 9)
        matrix = np.eye(ITEMS)
        matrix[upper] = np.where(said > 0, times, 1 / times)
        matrix.T[upper] = np.where(said > 0, 1 / times, times)
        matrices.append(matrix)
        pairs = zip(*upper, strict=True)
        rows += [(f"{expert:03}", 1.0, "", f"x{i}", f"x{j}", matrix[i, j]) for i, j in pairs]
    columns = ["expert", "credibility", "parent", "a", "b", "value"]
    return matrices, pd.DataFrame(rows, columns=columns)


def of_ahpy(matrix: np.ndarray) -> object:
    """One expert by AHPy."""
    pairs = {(f"x{i}", f"x{j}"): matrix[i, j] for i in range(ITEMS) for j in range(i + 1, ITEMS)}
    return ahpy.Compare("x", pairs, precision=6, random_index="saaty").target_weights


def panels() -> int:
    """Weights of every expert, and the whole panel with consistency, group and what to revisit."""
    matrices, rows = panel()
    names = [f"x{k}" for k in range(ITEMS)]
    own = seconds(lambda: [weights.priorities(m) for m in matrices])
    whole = seconds(lambda: weights.ahp(rows, {"total": names}), 1)
    task = f"{EXPERTS} experts x {ITEMS}: "
    peers: dict[str, Callable[[np.ndarray], object]] = {
        "AHPy": of_ahpy,
        "pymcdm": lambda m: AHP(matrix=m)(),
    }
    bad = 0
    for name, weigh in peers.items():
        other = seconds(lambda weigh=weigh: [weigh(m) for m in matrices], 1)
        bad += line(task + "weights, s", own, f"{name}, weights", other, 1)
        bad += line(task + "every table, s", whole, f"{name}, weights", other, np.inf)
    return bad


def tables() -> int:
    """Weights from scores, many tables in turn."""
    rng = np.random.default_rng(1)
    scores = [pd.DataFrame(rng.uniform(40, 100, (UNITS, INDICATORS))) for _ in range(TABLES)]
    bad = 0
    for name in ("entropy", "critic"):
        ours, theirs = getattr(weights, name), getattr(oracle, f"{name}_weights")
        own = seconds(lambda ours=ours: [ours(s) for s in scores])
        other = seconds(lambda theirs=theirs: [theirs(s.to_numpy()) for s in scores])
        bad += line(f"{TABLES} x {UNITS} x {INDICATORS}: {name}, s", own, "pymcdm", other, 5)
    return bad


def main() -> int:
    """Print all comparisons; 1 when a limit is missed."""
    print(HEAD)
    return int(panels() + tables() > 0)


if __name__ == "__main__":
    sys.exit(main())
