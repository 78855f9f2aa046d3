"""Every id that the engine can put into a result table has words, and the demo proves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from svclib import columns, cycle, params, tables
from svclib.columns import TABLES
from svclib.cycle.design import STEPS_OF_DESIGN
from svclib.monitoring import RULES

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ["respondent", "interviewer", "segment", "service_item", "staff", "comment"]
PUBLIC = [name for name, entry in TABLES.items() if not entry.private and name != "claims"]
IDS = {
    "status": "ok not_applicable not_reported small_sample graded low_coverage met missed",
    "verdict": "improved declined equivalent inconclusive not_comparable not_judged no_last",
    "strength": "meaningful detected",
    "kind": "rating proportion rate duration amount checklist stability composite",
    "reason": "by_cut veto cap small_sample not_reported low_coverage design_independent design_panel "
    "design_clusters design_composite kind_mean kind_proportion kind_rate kind_duration "
    "kind_mtbf kind_measured census bare_value "
    "absent_in_one_cycle no_common_indicator relative_weights invariance",
    "method": "direct equal rank_order ahp entropy critic cv pca stated linearised welch score_test "
    "rate_exact rate_scattered ratio_geometric ratio_median joint_draws fixed census adf adf_wald feldt",
    "effect_name": "hedges_g rate_ratio time_ratio share_difference",
    "design": "independent panel clusters composite records",
    "family": "total dimension indicator none",
    "adjust": "holm fdr_bh none",
    "rule": "veto cap warn missing duplicate straight_line speed out_of_range not_reported after_as_of "
    "outside_window undated",
    "variant": "eigenvector geometric aij aip everyone centroid sum reciprocal linear product",
    "ri_table": "saaty saaty2005",
    "flags": "small_n psu_share fixed too_few_for_equivalence mid_not_declared exact_withheld "
    "logrank_withheld "
    "low_reliability rescored invariance invariance_part invariance_untested mix_shift mix_unmatched",
    "note": "single_item too_few no_overlap constant_total no_error_variance single_psu small_n psu_share "
    "two_items constant_item:q01 negative_item:q01 unanswered_item:q01 weak_item excluded:A ignored_codes:7 "
    "n_excluded:70 incomplete:A n_incomplete:9 dropped_units:2 raw_shares min_max z_scores centroid sum "
    "reciprocal linear:60,40 product not_computed constant subjects_absent:客户 counted_as:zero "
    "counted_as:lowest fixed census bounded_small_n",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("column", "name"), [(c, name) for c, names in IDS.items() for name in names.split()]
)
def test_every_id_of_the_engine_has_a_word(column, name, lang):
    assert tables.code(column, name, lang) not in ("", name)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_flag_verdict_and_gate_has_its_sentence(lang):
    templates = tables.words(lang)["templates"]
    assert set(templates["flag"]) == set(tables.words(lang)["codes"]["flags"])
    assert {"by_cut", *templates["grade"]} >= {"by_cut", *IDS["reason"].split()[:6]}
    # A change of bare values is told without a verdict.
    assert {*IDS["verdict"].split(), "untested"} == set(tables.words(lang)["against"])
    assert set(templates["alert"]) == {
        *("none", "owner", "since", "due", "veto", "cap", "warn_above", "warn_under", "funnel_998"),
        *RULES,
    }


@pytest.fixture(scope="module")
def demo():
    """Label function, result tables of the demo, and its own text; fewer draws change no id."""
    file = ROOT / "params" / "demo" / "2026Q2.yaml"
    state = cycle.load(params.load(file).model_copy(update={"draws": 500}))
    context = cycle.open(str(file))
    found = cycle.evaluate_state(state)
    for step in STEPS_OF_DESIGN.values():
        found |= step(state, found)
    return context.label, found, written(state.inputs[state.cycle])


def written(inputs):
    """What people wrote into the data: names, ids and sentences, which nothing translates."""
    of_sheets = [
        frame.drop(columns=["unit", "indicator", "adjustment"], errors="ignore")
        for frame in inputs.sheets.values()
    ]
    frames = [
        inputs.units[["parent", "group", "head"]],
        inputs.responses[WRITTEN],
        inputs.judgments[["expert"]],
    ]
    texts = [frame[c] for frame in [*frames, *of_sheets] for c in frame if frame[c].dtype == "str"]
    return "\n".join(sorted({cell for column in texts for cell in column}))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PUBLIC)
def test_every_table_of_the_demo_can_be_shown(name, lang, demo):
    label, found, told = demo
    shown = tables.show(found[name], lang, label)
    assert shown.html.count("<tr>") == max(len(found[name]), 1) + 1
    body = shown.text.partition("\n")[2]
    if lang == "zh":
        heads = {w for c in columns.GLOSSARY for w in re.findall("[A-Za-z]+", columns.header(c, "zh"))}
        foreign = set(re.findall("[A-Za-z]{2,}", body)) - heads - {"CRITIC", "LMG", "Johnson"}
    else:
        foreign = set(re.findall("[\u4e00-\u9fff]+", body))
    assert {word for word in foreign if word not in told} == set()


def test_every_sentence_of_the_demo_reads_in_its_language(demo):
    claims = demo[1]["claims"].set_index("lang")["text"]
    symbols = {"p", "n", "q", "CR", "CFI", "RMSEA", "SRMR", "SD", *"ABCDE"}
    said = claims["zh"].str.replace(r"\d{4}Q\d", "", regex=True)  # names of cycles
    assert {w for text in said for w in re.findall("[A-Za-z]+", text)} <= symbols
    assert {w for text in claims["en"] for w in re.findall("[\u4e00-\u9fff]+", text)} <= {"专家"}
    assert not [text for text in claims if re.search(r"[{}]|\bnan\b|\bNone\b|_", text)]
    plain = claims.str.replace(
        r"Delivery \d|Article \d+|per 1000", "", regex=True
    )  # numbers in English names alone
    zh, en = ([sorted(re.findall(r"\d+(?:\.\d+)?", t)) for t in plain[lang]] for lang in ("zh", "en"))
    assert zh == en


def test_the_headline_of_the_demo_fits(demo):
    claims = demo[1]["claims"]
    (text,) = claims[claims["template"].str.startswith("headline.") & (claims["lang"] == "zh")]["text"]
    assert len(text) <= 60
