"""Slow checks of simulated cycles: what is planted is found again, and more answers see no less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from svclib import cycle, params, simulate
from svclib.cycle import populations, simulation
from svclib.cycle.answers import flags, valid
from svclib.cycle.values import natural
from svclib.simulate import Structure, generate, truth
from tests.factories import tiny_content

pytestmark = pytest.mark.slow
PLANTED = Structure(item=0.6, dimension=0.4, person=0.4)
EFFECTS = {"电话": 0.3, "网络": -0.2}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """The tiny framework, of which nothing has been measured."""
    folder = tmp_path_factory.mktemp("t")
    text = yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False)
    (folder / "framework.yaml").write_text(text, "utf-8")
    (folder / "params.yaml").write_text(
        "{name: t, cycle: 2026Q1, framework: framework.yaml, seed: 1, draws: 400}", "utf-8"
    )
    return cycle.load(params.load(folder / "params.yaml"))


def test_calibration_recovers_what_was_planted(state):
    """Structure within .05, channel effects within .06, true values closer than the observed ones."""
    of = populations.declare(state, units=12, n=300)
    rng = np.random.default_rng(3)
    people = of.population.people.assign(channel=rng.choice(list(EFFECTS), size=len(of.population.people)))
    scales = {s: scale._replace(effects=EFFECTS) for s, scale in of.population.scales.items()}
    planted = replace(of.population, people=people, scales=scales, structure=PLANTED)
    told = truth.draw(planted, rng)
    drawn = generate.draw(planted, told, generate.people(planted, 1.0, rng), "2", rng)
    given = simulation._filled(of.state, {"1": drawn, "2": drawn}, screened=True)
    kept = valid(given, flags(given, ("2",)), ("2",))
    found = simulate.calibrate(
        given.framework, given.inputs["2"].units, kept, natural(given, kept, ("2",)), drawn.records
    )
    np.testing.assert_allclose(found.structure[:3], PLANTED[:3], atol=0.05)
    effects = found.scales["客户"].effects
    assert abs((effects["电话"] - effects["网络"]) - 0.5) < 0.06
    both = found.known.merge(told, on=["unit", "indicator", "subject"], suffixes=("", "_true"))
    rated = both[(both["subject"] == "客户") & (both["indicator"] == "态度")]
    assert (rated["value"] - rated["value_true"]).abs().mean() < 0.05


def test_more_answers_see_no_less(state):
    """Power of the ratings at 2 and 3 MIDs, four times the answers, within the Monte-Carlo error."""
    of = populations.declare(state, units=6, n=40)
    found = simulation.run(of, simulate.cases(["changed"], sizes=(0.5, 2.0)), replications=8, seed=5)
    rated = found.verdicts[found.verdicts["node"].isin(["态度", "环境"])]
    rates = simulate.tables(found.grades, rated)["verdict_rates"]
    seen = rates[(rates["verdict"] == "improved") & (rates["true_change"] >= 2)]
    by = {size: part.set_index("true_change") for size, part in seen.groupby("size")}
    gain = by[2.0]["share"] - by[0.5]["share"]
    noise = pd.concat([by[s]["share_se"] for s in by], axis=1).pow(2).sum(axis=1).pow(0.5)
    assert (gain >= -2 * noise).all()
    assert gain.max() > 0


def test_nothing_changed_is_seldom_called_a_change(state):
    """Holm holds the family at 5 %: of 20 evaluations at most 4 claim anything (P < .003)."""
    of = populations.declare(state, units=5, n=60)
    found = simulation.run(of, simulate.cases(["unchanged"], sizes=(1.0,)), replications=20, seed=9)
    claims = simulate.tables(*found)["false_claims"]
    assert claims[claims["level"] == "indicator"]["share_family"].sum() <= 0.2
