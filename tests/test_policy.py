"""Thresholds: sides of every cut, citations, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from svclib import policy
from svclib.errors import ParamError


def test_a_value_on_the_cut_belongs_above_when_closed_left():
    found = policy.judge([0.6999999, 0.70, 0.95, -3.0, np.nan], "alpha")
    assert list(found) == ["below", "adequate", "adequate", "below", "not_computed"]


def test_a_value_on_the_cut_belongs_below_when_closed_right():
    rule = policy.Rule("share", "right", "adequate", (policy.Cut(0.2, "dominant", "by hand"),))
    assert list(policy.judge([0.2, 0.2000001], rule)) == ["adequate", "dominant"]


def test_every_level_of_alpha():
    found = policy.judge([0.59, 0.60, 0.70, 0.80, 0.90, 1.0, np.inf], "alpha_level")
    assert list(found) == ["unacceptable", "exploratory", "adequate", "good", *["individual"] * 3]


def test_every_rule_is_versioned_cited_and_rises():
    loaded = policy.load()
    assert loaded.version
    for name, rule in loaded.rules.items():
        places = [cut.at for cut in rule.cuts]
        assert places == sorted(set(places)), name
        assert all(len(cut.source) > 10 for cut in rule.cuts), name


def test_a_params_file_may_move_a_cut():
    stricter = policy.rule("alpha").moved(0.8)
    assert list(policy.judge([0.75, 0.8], stricter)) == ["below", "adequate"]
    with pytest.raises(ParamError, match=r"'alpha' has 1 cut\(s\), got 2"):
        policy.rule("alpha").moved(0.6, 0.7)


def test_unknown_rule_lists_the_choices():
    with pytest.raises(ParamError, match=r"'alpah' does not exist; choose .*item_rest.* mean 'alpha'"):
        policy.judge([0.7], "alpah")


@pytest.mark.parametrize(
    ("closed", "cuts", "message"),
    [
        ("left", '[{at=2, label="a", source="x"}, {at=1, label="b", source="y"}]', "do not rise"),
        ("both", '[{at=1, label="a", source="x"}]', r"closed='both'; choose one of \['left', 'right'\]"),
        ("left", '[{at=1, label="a", source=""}]', "has no source"),
    ],
)
def test_a_wrong_policy_file_is_refused(tmp_path, closed, cuts, message):
    file = tmp_path / "policy.toml"
    file.write_text(
        f'version = "1"\n[r]\nclosed = "{closed}"\nbelow = "low"\ncuts = {cuts}\n', encoding="utf-8"
    )
    with pytest.raises(ParamError, match=message):
        policy.load(file)
