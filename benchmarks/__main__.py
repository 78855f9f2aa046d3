"""`python -m benchmarks`: each task against a floor or a peer of the same run, with peak memory.

Seconds depend on the machine, ratios hardly do.  A row fails when its ratio exceeds its
limit, and the exit code says so.  `python -m benchmarks run parquet` runs those modules
beside this one, each for minutes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats

from benchmarks.timing import peak, seconds
from svclib import inference, moments, reliability


class Row(NamedTuple):
    """A task, what it is compared with, and the largest ratio allowed (inf = reported only)."""

    task: str
    against: str
    run: Callable[[], object]
    other: Callable[[], object]
    limit: float


def answers(n: int, k: int, units: int) -> pd.DataFrame:
    """Correlated 1–5 answers of `n` respondents on `k` items, over `units` units and two cycles."""
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    frame = pd.DataFrame(np.clip(np.rint(4 + 0.6 * latent), 1, 5), columns=[f"q{j:02d}" for j in range(k)])
    keys = {"unit": rng.integers(units, size=n).astype(str), "cycle": rng.integers(2, size=n).astype(str)}
    ids = np.arange(n).astype(str)
    return frame.assign(**keys, subject="s", respondent=ids, weight=1.0)


def rows() -> list[Row]:
    """The tasks."""
    frame = answers(100_000, 20, 50)
    items = [c for c in frame.columns if c.startswith("q")]
    x = frame[items].to_numpy()
    code = frame.groupby(["unit", "cycle"]).ngroup().to_numpy()

    def grouped_gram() -> None:
        order = np.argsort(code, kind="stable")
        for part in np.split(x[order], np.cumsum(np.bincount(code))[:-1]):
            np.dot(part.T, part)

    rng = np.random.default_rng(1)
    change, se = rng.normal(size=15_000), np.full(15_000, 0.1)
    a, b = rng.normal(size=(2, 300, 100))
    sample = frame[items].head(10_000)

    def scipy_loop() -> None:
        for left, right in zip(a, b, strict=True):
            stats.ttest_ind(left, right, equal_var=False)

    def ours() -> pd.DataFrame:
        df = np.full(15_000, 100.0)
        return inference.change_test(change, se, df, mid=0.2)

    return [
        Row("additive tables, 100k x 20", "grouped X'X", lambda: moments.reduce(frame, items), grouped_gram, 120),  # noqa: E501
        Row("three p-values, 15,000 changes", "scipy ttest, 300", ours, scipy_loop, 1),
        Row("alpha with ADF interval, 10k x 20", "pingouin alpha", lambda: reliability.alpha(sample),
            lambda: pg.cronbach_alpha(sample), 10),
    ]  # fmt: skip


def main(names: Sequence[str]) -> int:
    """Print the table, or run the modules named; 1 when a ratio is over its limit."""
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"unknown benchmark {', '.join(unknown)}; choose from {', '.join(known)}")
    if names:
        commands = [[sys.executable, "-m", f"benchmarks.bench_{name}"] for name in names]
        return max(subprocess.run(command, check=False).returncode for command in commands)
    worst = 0
    print(f"{'task':<36}{'seconds':>9}{'against':>20}{'ratio':>8}{'limit':>7}{'peak MB':>9}")
    for row in rows():
        own, other = seconds(row.run), seconds(row.other)
        ratio = own / other
        worst |= int(ratio > row.limit)
        print(f"{row.task:<36}{own:>9.3f}{row.against:>20}{ratio:>8.2f}{row.limit:>7g}{peak(row.run):>9.0f}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
