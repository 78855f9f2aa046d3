"""How often the whole chain claims what is not there, over other seeds of the demo generator."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from data.demo import generate
from svclib import cycle, params
from svclib.cycle.state import ALL_UNITS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
CYCLES = ("2026Q1", "2026Q2")
SEEDS = range(1, 21)
LEVELS = ("total", "dimension", "indicator")
CLAIMS = ["improved", "declined"]
ASIDE = ("rebound", "induced")  # the answers did change: flagged, not withheld


def evaluated(home, seed, *, planted):
    """Changes of a two-cycle demo generated with `seed`, and what was planted by (unit, node).

    Left out are nodes whose answers differ although service did not change.
    """
    shutil.copytree(ROOT / "params" / "demo", home / "params" / "demo")
    folder = home / "data" / "demo"
    generate.write(folder, seed, planted=planted, cycles=CYCLES)
    for name, key in (("2026Q1.yaml", "baseline:"), ("2026Q1.yaml", "history:"), ("2026Q2.yaml", "history:")):
        file = home / "params" / "demo" / name
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith(key)), encoding="utf-8")
    chosen = params.load(home / "params" / "demo" / "2026Q2.yaml")
    # 4000 draws still reach the smallest adjusted p of the largest family.
    found = cycle.evaluate(chosen.model_copy(update={"draws": 4000}))
    truth = pd.read_csv(folder / "truth.csv")
    told = truth[truth["cycle"] == CYCLES[1]]
    planted_rows = told[told["quantity"].isin(["planted_change", "planted_direction"])]
    directions = {(r.unit, r.indicator): r.text for r in planted_rows.itertuples() if r.text in CLAIMS}
    otherwise = told.loc[told["quantity"].isin(ASIDE), ["unit", "indicator"]]
    aside = set(otherwise.itertuples(index=False, name=None))
    changes = found["changes"]
    keys = changes[["unit", "node"]].itertuples(index=False, name=None)
    return changes[[key not in aside and key[0] != ALL_UNITS for key in keys]], directions


def false_claims(changes, planted):
    """Claims of change where nothing changed or the other way, and of equivalence where something did."""
    keys = list(zip(changes["unit"], changes["node"], strict=True))
    truth = pd.Series([planted.get(key, "none") for key in keys], index=changes.index)
    wrong = changes["verdict"].isin(CLAIMS) & (changes["verdict"] != truth)
    wrong |= (changes["verdict"] == "equivalent") & (truth != "none")
    return changes[wrong]


def bound(families):
    """How many of `families` may hold a false claim when each does with probability .05 (99 %)."""
    return int(stats.binom.ppf(0.99, families, 0.05))


@pytest.mark.parametrize("planted", [True, False])
def test_false_claims_stay_within_the_family_rate_and_planted_changes_are_found(tmp_path, planted):
    bad, found, wanted = [], 0, 0
    for seed in SEEDS:
        changes, truth = evaluated(tmp_path / str(seed), seed, planted=planted)
        assert planted == bool(truth)
        wrong = false_claims(changes, truth)
        bad += [(seed, level) for level in LEVELS if (wrong["level"] == level).any()]
        claimed = changes[changes["verdict"].isin(CLAIMS)]
        said = set(zip(claimed["unit"], claimed["node"], claimed["verdict"], strict=True))
        wanted += len(truth)
        found += sum((*key, verdict) in said for key, verdict in truth.items())
    families = len(SEEDS) * len(LEVELS)
    recall = found / wanted if wanted else 1.0
    told = (
        f"planted={planted}: {len(bad)} of {families} families with a false claim {bad}; recall {recall:.3f}"
    )
    assert len(bad) <= bound(families), told
    assert recall >= 0.95, told
