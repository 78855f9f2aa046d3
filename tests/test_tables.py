from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import result_frames as rf
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import PlainTextFormatter

from svclib import columns, tables
from svclib.errors import ParamError


@pytest.mark.parametrize(
    ("x", "decimals", "half_up", "half_even"),
    [
        (0.125, 2, "0.13", "0.12"),
        (0.35, 1, "0.4", "0.4"),
        (1.05, 1, "1.1", "1.0"),
        (2.5, 0, "3", "2"),
        (-0.125, 2, "-0.13", "-0.12"),
        (1.005, 2, "1.01", "1.00"),
        (89.995, 2, "90.00", "90.00"),
    ],
)
def test_both_rounding_rules_on_ties(x, decimals, half_up, half_even):
    """GB/T 8170-2008, 3.2: a 5 followed by nothing rounds to the even digit."""
    assert tables.fmt(x, decimals) == half_up
    assert tables.fmt(x, decimals, "gbt8170") == half_even


def test_missing_minus_zero_and_infinity():
    assert tables.fmt_all([float("nan"), None, -0.001, np.inf, -np.inf], 2) == ["—", "—", "0.00", "∞", "-∞"]
    assert tables.fmt(1e300, 2).endswith(".00")


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_printed_number_is_within_half_a_unit_of_the_last_digit(x, decimals):
    printed = Decimal(tables.fmt(x, decimals))
    assert abs(printed - Decimal(repr(x))) <= Decimal(5).scaleb(-decimals - 1)
    assert tables.fmt(float(printed), decimals) == str(printed)


def test_unknown_rounding_rule_lists_the_choices():
    with pytest.raises(ParamError, match=r"'up' is unknown; choose one of \['gbt8170', 'half_up'\]"):
        tables.fmt(1.0, 2, "up")


def test_percent_scales_before_rounding():
    assert 100 * 0.285 < 28.5, "the float product is below the tie"
    assert tables.percent(0.285, 0) == "29%"
    assert (tables.short_percent(0.95), tables.short_percent(0.995)) == ("95%", "99.5%")


def test_a_probability_counted_over_draws_is_never_0_or_1():
    told = [tables.odds(p) for p in (0.0, 0.0004, 0.001, 0.9986, 0.9996, 1.0, np.nan)]
    assert told == ["<0.1%", "<0.1%", "0.1%", "99.9%", ">99.9%", ">99.9%", "—"]
    frame = rf.PROBABILITY.head(1).assign(probability=1.0)
    assert ">99.9%" in tables.show(frame, "zh", rf.label).text


def test_p_value_is_never_zero():
    assert [tables.p_text(p) for p in (0.00099, 0.001, 0.0315, 1.0, np.nan)] == [
        "<0.001",
        "0.001",
        "0.032",
        "1.000",
        "—",
    ]


def test_interval_and_short():
    assert tables.interval(78.21, 81.55, 1) == "[78.2, 81.6]"
    assert tables.interval(np.nan, 1, 1) == "—"
    assert [tables.short(x) for x in (2.0, 3.1, 100.0, np.nan)] == ["2", "3.1", "100", "—"]


GOLDEN = """\
unit     n  passed  score
保洁部   3  yes      1.50
b       12  no          -"""


def test_golden_text_is_stable_and_shown_as_it_stands():
    frame = pd.DataFrame(
        {"unit": ["保洁部", "b"], "n": [3, 12], "passed": [True, False], "score": [1.495, np.nan]}
    )
    text = tables.golden(frame, decimals=2)
    assert text == GOLDEN
    assert repr(text) == PlainTextFormatter()(text) == GOLDEN


def test_a_value_without_a_known_size_shows_a_dash():
    frame = rf.TOTALS.head(2)[["unit", "published"]].assign(n=[0, 12])
    assert [line.split()[-1] for line in tables.show(frame, "zh", rf.label).text.splitlines()[1:]] == [
        "—",
        "12",
    ]
    both = tables.show(frame.rename(columns={"n": "n0"})[["unit", "n0"]], "zh", rf.label).text
    assert [line.split()[-1] for line in both.splitlines()[1:]] == ["—", "12"]
    alone = tables.show(frame[["unit", "n"]], "zh", rf.label).text
    assert alone.splitlines()[1].split()[-1] == "0"


def test_golden_takes_columns_and_decimals_by_name():
    text = tables.golden(rf.TOTALS.head(1), ["unit", "score", "score_low"], decimals={"score": 0})
    assert text.splitlines()[1].split() == ["保洁部", "86", "84.2000"]


def test_both_word_files_have_the_same_keys_and_no_empty_word():
    zh, en = (dict(leaves(tables.words(lang))) for lang in ("zh", "en"))
    assert set(zh) == set(en)
    empty = {name for words in (zh, en) for name, text in words.items() if not text}
    assert empty == {"terms.sentence_space"}


def leaves(words: dict, path: str = ""):
    for key, value in words.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [(path + key, value)]


def test_chinese_words_for_codes_hold_no_latin_word():
    known = {
        "definition": {"k"},
        "scenario": {"CRITIC"},
        "method": {"K", "CRITIC", "LMG", "Johnson"},
        "note": {"LMG"},
        "operator": {"M"},
    }  # as Chinese writes them
    for name, text in leaves(tables.words("zh")["codes"]):
        found = set(re.findall(r"[A-Za-z]+", text)) - known.get(name.partition(".")[0], set())
        assert not found, f"{name}: {text}"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "name", sorted(n for n in dir(rf) if n.isupper() and isinstance(getattr(rf, n), pd.DataFrame))
)
def test_every_table_can_be_shown_in_both_languages(name, lang):
    frame = getattr(rf, name).drop(columns="name_en", errors="ignore")
    shown = tables.show(frame, lang, rf.label)
    assert shown._repr_html_().count("<tr>") == len(frame) + 1
    if lang == "zh":
        heads = set().union(*(re.findall(r"[A-Za-z]+", columns.header(c, "zh")) for c in frame.columns))
        body = shown.text.split("\n", 1)[1]
        assert set(re.findall(r"[A-Za-z]{2,}", body)) <= heads, "an untranslated word"


def test_shown_table_merges_limits_and_names_their_level():
    shown = tables.show(
        rf.RELIABILITY, "zh", rf.label, columns=["dimension", "estimate", "ci_low", "ci_high"]
    )
    assert shown.text.splitlines()[0].split() == ["维度", "估计值", "95%置信区间"]
    assert "[0.81, 0.87]" in shown.text
    assert repr(shown) == shown.text


def test_shown_table_translates_names_ids_and_values():
    text = tables.show(rf.RELIABILITY, "en", rf.label, columns=["subject", "stat", "note"]).text
    assert "Inspectors  Cronbach's alpha  Small sample; Negative item, perhaps not reversed: q03" in text
    shares = tables.show(
        rf.PROBABILITY, "zh", rf.label, columns=["unit", "probability"], decimals={"probability": 0}
    )
    assert "93%" in shares.text


def test_names_in_a_note_are_translated_and_listed():
    frame = rf.RELIABILITY.assign(note="excluded:专家1,专家3;subjects_absent:内部监督")
    shown = [
        tables.show(frame, lang, rf.label, columns=["note"]).text.splitlines()[1] for lang in ("zh", "en")
    ]
    assert shown == [
        "未计入：专家1、专家3；缺评价主体：内部监督",
        "Left out: Expert 1, Expert 3; Evaluator absent: Inspectors",
    ]


def test_html_is_escaped_and_numbers_stand_right():
    frame = rf.TARGETS.assign(owner="<b>&")
    html = tables.show(frame, "zh", rf.label, columns=["owner", "value"], caption="a<b")._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<caption>a&lt;b</caption>" in html
    assert '<td class="num" style="text-align:right">4.40</td>' in html
    assert "<b>" not in html


def test_lists_cards_and_headings_are_escaped_and_have_a_plain_text():
    claims = pd.DataFrame({"text": ["a<b", "c"]})
    assert tables.listed(claims).html == '<ul class="claims"><li>a&lt;b</li><li>c</li></ul>'
    assert tables.listed(claims.iloc[:0]).html == ""
    assert repr(tables.paragraph("a<b", "lead")) == "a<b"
    assert tables.paragraph("a<b", "lead").html == '<p class="lead">a&lt;b</p>'
    shown = tables.cards(
        [tables.Card("总分", "82.96", "均值"), tables.Card("等级", "良好1、合格10、不合格1、暂不评级")]
    )
    assert shown.text == "总分: 82.96 均值\n等级: 良好1、合格10、不合格1、暂不评级"
    assert shown.html.count('class="value text"') == 1
    below = tables.masthead("甲", "2026Q2", "上级：<东区>")
    assert '<span class="parent">上级：&lt;东区&gt;</span>' in below.html
    assert below.text == "甲\n2026Q2 · 上级：<东区>"
    assert tables.masthead("评价<报告>", "2026Q2").html.startswith(
        '<header class="masthead"><h1>评价&lt;报告&gt;</h1>'
    )


def test_an_id_without_a_word_is_refused():
    with pytest.raises(ParamError, match=r"words/zh.toml \[codes.status\] has no word for 'fine'; known: \["):
        tables.show(rf.TARGETS.assign(status="fine"), "zh", rf.label)


def test_unknown_column_and_language_are_refused():
    with pytest.raises(ParamError, match="column 'nonsense' is not in the glossary"):
        tables.show(rf.TARGETS.assign(nonsense=1), "zh", rf.label)
    with pytest.raises(ParamError, match=r"language 'fr' is unknown; choose one of \['zh', 'en'\]"):
        tables.words("fr")


def test_a_matrix_by_hand_and_what_it_refuses():
    frame = pd.DataFrame(
        {
            "unit": ["甲", "甲", "乙"],
            "cycle": ["Q1", "Q2", "Q2"],
            "published": [81.5, 90.25, 70.0],
            "grade": "优",
        }
    )
    shown = tables.matrix(frame, "zh", rf.label, rows="unit", across="cycle", values=["published", "grade"])
    assert shown.text.split() == [
        "被评价单位",
        "Q1",
        "Q2",
        "甲",
        "81.50",
        "优",
        "90.25",
        "优",
        "乙",
        "—",
        "70.00",
        "优",
    ]
    assert shown.html.count("<tr>") == 3
    with pytest.raises(ParamError, match="several rows of the frame share unit and cycle"):
        tables.matrix(
            pd.concat([frame, frame]), "zh", rf.label, rows="unit", across="cycle", values=["grade"]
        )


def test_references_stand_beside_their_indicator():
    frame = pd.DataFrame({"indicator": ["服务态度", "处理率"]})
    zh, en = (list(tables.with_references(frame, rf.REFERENCES, x)["reference"]) for x in ("zh", "en"))
    assert (zh, en) == (["行业平均 4.1", ""], ["Industry mean 4.1", ""])
    assert "不计分" in tables.show(frame.assign(reference=zh), "zh", rf.label).html


def test_a_heading_is_a_heading():
    assert tables.heading("parents", "zh").html == "<h2>按上级部门汇总</h2>"


@pytest.mark.parametrize(("lang", "none"), [("zh", "（无）"), ("en", "(none)")])
def test_a_table_without_rows_says_so(lang, none):
    shown = tables.show(pd.DataFrame({"unit": [], "score": []}), lang, str)
    assert none in shown.text
    assert shown.html.count("<td") == 2
