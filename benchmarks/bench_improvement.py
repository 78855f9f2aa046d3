"""`python -m benchmarks.bench_improvement`: changes of a million answers, 500 units x 30 indicators.

Means with their covariances, 15,000 comparisons with effect sizes, families and verdicts, by the
functions step 50 uses; memory beyond the data, and a loop of pingouin over the same units.
Needs 1.5 GB.  A budget that is missed ends with exit code 1.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pingouin as pg

from benchmarks.timing import HEAD, line, peak, seconds
from svclib import estimates, framework, improvement
from svclib.cycle.change import ratings
from svclib.improvement import Comparison
from svclib.scores import natural

ROWS, UNITS, INDICATORS = 1_000_000, 500, 30
SECONDS, MEGABYTES = 5.0, 1000.0
PEER_UNITS = 5
COMPARISON = Comparison("old", "new", adjust="fdr_bh")


def system() -> framework.Framework:
    """30 ratings of one item each."""
    rating = {"kind": "rating", "scale": [1, 5], "score": {1: 0, 5: 100}, "mid": {"value": 0.2}}
    inside = {f"i{j:02}": rating | {"items": [f"q{j:02}"]} for j in range(INDICATORS)}
    dimension = {"weights": {"method": "equal"}, "indicators": inside}
    scale = {"scale": {"a": 60, "b": 50, "c": 40, "d": 0}}
    content = {"name": "x", "version": "1", "subjects": {"s": 1}, "grades": scale}
    return framework.from_dict(content | {"weights": {"method": "equal"}, "dimensions": {"D": dimension}})


def answers() -> pd.DataFrame:
    """Correlated 1-5 answers, every respondent asked once."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((ROWS, 1)) + rng.standard_normal((ROWS, INDICATORS))
    x = np.clip(np.rint(4 + 0.6 * latent), 1, 5)
    frame = pd.DataFrame(x, columns=[f"q{j:02}" for j in range(INDICATORS)])
    unit = np.array([f"u{k:03}" for k in range(UNITS)])[rng.integers(UNITS, size=ROWS)]
    cycle = np.array(COMPARISON.cycles)[rng.integers(2, size=ROWS)]
    keys = {"unit": unit, "cycle": cycle, "subject": "s", "cluster": "", "stratum": "", "weight": 1.0}
    return frame.assign(respondent=np.arange(ROWS).astype(str), **keys)


def changes(rows: pd.DataFrame, rules: framework.Framework) -> pd.DataFrame:
    """Table "changes" of the ratings of every unit."""
    bounds = dict.fromkeys(rules.items, (1.0, 5.0))
    found = estimates.by_unit(rows, rules.items, bounds=bounds)
    made = []
    told = improvement.answers_of(rows, list(rules.indicators), panel=False, current=COMPARISON.cycle)
    for unit, mine in told.items():
        own = ratings(mine, natural(found[unit], rules), rules, COMPARISON, design="independent")
        made += [{"unit": unit} | row for row in own]
    return improvement.judge(improvement.tested(made, COMPARISON), COMPARISON)


def main() -> int:
    """Print all comparisons; 1 when a budget is missed."""
    rows, rules = answers(), system()
    table = changes(rows, rules)
    print(f"{len(table):,} comparisons: {table['verdict'].value_counts().to_dict()}\n{HEAD}")
    own = seconds(lambda: changes(rows, rules), 2)
    few = [mine for _, mine in rows[rows["unit"] < f"u{PEER_UNITS:03}"].groupby("unit")]

    def peer() -> None:
        for mine in few:
            sides = [mine[mine["cycle"] == c] for c in COMPARISON.cycles]
            for item in rules.items:
                pg.ttest(sides[1][item], sides[0][item], correction=True)

    bad = line("1M x 30, 500 units, 2 periods, s", own, "budget", SECONDS, 1)
    used = peak(lambda: changes(rows, rules))
    bad += line("the same: memory beyond the data, MB", used, "budget", MEGABYTES, 1)
    loop = seconds(peer, 1) / PEER_UNITS * UNITS
    line("1M x 30, 500 units, 2 periods, s", own, f"pingouin ttest ({PEER_UNITS} units run)", loop, np.inf)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
