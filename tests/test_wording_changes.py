"""Every sentence on a change: all combinations in both languages, and what none of them may say."""

from __future__ import annotations

import re
from itertools import cycle, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import result_frames as rf
from test_wording import NUMBER, VERDICTS, pair

from svclib import columns, tables, wording

KINDS = ("rating", "proportion", "rate", "duration", "amount", "checklist", "stability", "composite")
UNIT = {"rating": "分", "rate": "起/千单", "duration": "分钟", "amount": "分", "composite": ""}
BETTER = ("high", "low", "near")
FLAGS = tuple(tables.words("zh")["codes"]["flags"])
CAUSE = re.compile(
    r"because of|due to|caused by|thanks to|led to|as a result|归因|得益于|因为|由于|导致|使得|造成|带来"
)
# The one sentence that may name causation denies it.
DENIED = ("不能据此断定由整改措施引起。", "cannot show that the measures caused the change.")
NO_CHANGE = re.compile(r"没有变化|无变化|没变|未变|不变|持平|稳定|no change|unchanged|stable|same|equivalen")
FELL = {"duration": ("缩短至", "shortened"), "amount": ("减少至", "decreased")}
ROSE = {"duration": ("延长至", "lengthened"), "amount": ("增加至", "increased")}


def row(kind: str, better: str, verdict: str, strength: str, **more: Any) -> dict[str, Any]:
    """A change of 6.2 on the side the verdict tells; up where better is "near"."""
    up = (verdict != "declined") == (better != "low")
    before, after = (24.3, 30.5) if up else (30.5, 24.3)
    step, level = after - before, "total" if kind == "composite" else "indicator"
    base = rf.change(
        unit="保洁部", node="total" if level == "total" else "服务态度", level=level, kind=kind,
        measure=UNIT.get(kind, "%"), estimate0=before, estimate1=after, change=step,
        gain=abs(step) if verdict != "declined" else -abs(step), ci_low=step - 2.25, ci_high=step + 2.25,
        ci90_low=step - 1.75, ci90_high=step + 1.75, mid=3.5, verdict=verdict, strength=strength,
        mid_on="percent" if kind == "rate" else "unit", rtm_expected=1.15, change_beyond_rtm=5.05,
        beyond_low=2.65, beyond_high=7.45, reason="design_independent",
    )  # fmt: skip
    return base | more


def every(verdict: str, strength: str) -> list[dict[str, Any]]:
    """Each kind and direction with and without an MID, then each flag, the kinds taking turns."""
    none = {"mid": np.nan, "required_n": np.nan}
    bare = [{}, none] if strength != "meaningful" and verdict != "equivalent" else [{}]
    made = [row(k, b, verdict, strength, **m) for k, b, m in product(KINDS, BETTER, bare)]
    turns = cycle(product(KINDS, BETTER))
    return made + [row(*next(turns), verdict, strength, flags=flag) for flag in FLAGS]


def printed(one: dict[str, Any]) -> set[str]:
    """Every number a sentence may state: those of its row as printed, and the 90 of a 90% interval."""
    found = {"90", tables.fmt(one["required_n"], 0)}
    for name, value in one.items():
        if isinstance(value, int | float) and np.isfinite(value):
            found |= {
                tables.fmt(abs(value), 2),
                tables.short(abs(value)),
                tables.short_percent(value).rstrip("%"),
            }
            found |= {tables.p_text(value).lstrip("<")} if name.startswith("p_") else set()
    return found


@pytest.mark.parametrize(("verdict", "strength"), VERDICTS)
def test_every_combination_says_only_what_its_row_holds(verdict, strength):
    made = every(verdict, strength)
    texts = [pair(wording.changes, rf.table("changes", one)) for one in made]
    for one, ((zh,), (en,)) in zip(made, texts, strict=True):
        assert set(NUMBER.findall(zh)) <= printed(one), zh
        told = [text.replace(denied, "") for text, denied in zip((zh, en), DENIED, strict=True)]
        assert not [text for text in told if CAUSE.search(text)]
        if verdict == "inconclusive" and "flags" not in one:
            assert not NO_CHANGE.search(zh + en), zh + en
        if verdict in ("improved", "declined"):
            assert (("改善" in zh), ("变差" in zh)) == (verdict == "improved", verdict == "declined")
            assert verdict in en
            words = FELL if one["estimate1"] < one["estimate0"] else ROSE
            default = ("降至", "fell") if words is FELL else ("升至", "rose")
            verb, said = words.get(one["kind"], default)
            assert verb in zh
            assert said in en


def test_less_waiting_and_fewer_complaints_are_an_improvement():
    zh, en = pair(wording.changes, rf.table("changes", row("duration", "low", "improved", "meaningful")))
    assert "改善" in zh[0]
    assert "由30.50分钟缩短至24.30分钟" in zh[0]
    assert "It shortened from 30.50 min to 24.30 min" in en[0]
    zh, en = pair(wording.changes, rf.table("changes", row("rate", "low", "improved", "meaningful")))
    assert "改善" in zh[0]
    assert "由30.50起/千单降至24.30起/千单" in zh[0]
    assert "It fell from 30.50 per thousand orders" in en[0]


def test_what_exceeds_the_rebound_is_told_with_its_numbers():
    told = rf.table("changes", row("rating", "high", "improved", "detected", flags="rtm"))
    zh, en = pair(wording.changes, told)
    for number in ("+1.15", "+5.05", "2.65", "7.45"):
        assert number in zh[0]
        assert number in en[0]
    assert "均值回归" in zh[0]


def part(change_part: str, contribution: float, **more: Any) -> dict[str, Any]:
    return {
        "baseline": "2026Q1", "cycle": rf.CYCLE, "unit": "保洁部", "change_part": change_part, "node": "",
        "estimate0": 80.0, "estimate1": 84.5, "change": 4.5, "contribution": contribution, "note": "", "n": 1,
    } | more  # fmt: skip


PARTS = [
    part("performance", 3.2, node="服务态度"),
    part("mix", -1.5),
    part("other", 2.8, n=7),
]


def test_the_parts_of_a_change_are_told_largest_first():
    zh, en = pair(wording.decomposition, pd.DataFrame(PARTS))
    assert zh == [
        "保洁部公布得分由80.00升至84.50（变化+4.50分）。分开来看：“服务态度”+3.20、受访构成变化-1.50、其余7项合计+2.80。"
    ]
    assert en[0].startswith("Cleaning: the published score rose from 80.00 to 84.50 (change +4.50 points). ")
    assert en[0].endswith("Staff attitude +3.20, Mix of respondents -1.50, 7 others together +2.80.")


def test_the_short_form_leaves_out_the_scores_and_the_rest():
    zh, _ = pair(wording.decomposition, pd.DataFrame(PARTS), brief=True)
    assert zh == ["公布得分变化+4.50分，其中分量最大的是“服务态度”+3.20、受访构成变化-1.50。"]


@pytest.mark.parametrize("code", sorted(tables.words("zh")["codes"]["change_part"]))
def test_every_part_has_its_words_and_never_a_cause(code):
    for change in (4.5, -4.5, 0.0):
        one = part(code, change, estimate1=80.0 + change, change=change, note="mix_inseparable;not_published")
        zh, en = pair(wording.decomposition, pd.DataFrame([one]))
        assert not CAUSE.search(zh[0] + en[0])
        assert "算起" in zh[0]


def test_a_claim_on_parts_leads_back_to_the_rows_of_its_unit():
    claims = wording.decomposition(pd.DataFrame(PARTS), "zh", rf.label)
    columns.checked("claims", claims)
    assert claims["key"].tolist() == ['{"baseline": "2026Q1", "cycle": "2026Q2", "unit": "保洁部"}']
