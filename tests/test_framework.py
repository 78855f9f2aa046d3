from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from svclib import framework
from svclib.errors import InputErrors, ParamError
from svclib.framework import schema, yamlfile

ROOT = Path(__file__).resolve().parent.parent
ATTITUDE = ("dimensions", "体验", "indicators", "态度")
PREMISES = ("dimensions", "体验", "indicators", "环境")
HANDLED = ("dimensions", "过程", "indicators", "处理率")
ACCIDENTS = ("dimensions", "过程", "indicators", "事故率")
WAITING = ("dimensions", "过程", "indicators", "时长")
GONE = object()


def changed(*edits: tuple[tuple[Any, ...], Any]) -> dict[str, Any]:
    content = copy.deepcopy(tiny_content())
    for path, value in edits:
        node = content
        for key in path[:-1]:
            node = node[key]
        if value is GONE:
            del node[path[-1]]
        else:
            node[path[-1]] = value
    return content


def refusals(content: dict[str, Any] | str) -> list[str]:
    doc = yamlfile.Document("framework", content)
    if isinstance(content, str):
        doc = yamlfile.parse(content, file="f.yaml")
    return [str(p) for p in framework.examine(doc)[1]]


# ---- what a good framework gives


def test_weights_subjects_and_vetoes_are_resolved():
    built = tiny_framework()
    assert [i.weight for i in built.indicators] == [0.5, 0.5, 0.5, 0.3, 0.2]
    assert built.indicator("态度").subjects == ("客户", "内部监督")
    assert built.indicator("环境").subjects == ("客户",)
    assert built.indicator("处理率").subjects == ()
    assert [(x.type, x.object, str(x.condition), x.result) for x in built.grades.limits] == [
        ("cap", "过程", "< 60", "合格"),
        ("veto", "事故率", "> 2", "不合格"),
    ]
    assert built.items == ("q01", "q02", "q03", "q04", "q05")
    assert [i.source for i in built.indicators] == ["responses", "responses", "kpis", "kpis", "kpis"]
    assert [i.sign for i in built.indicators] == [1, 1, 1, -1, -1]
    assert [i.bounds for i in built.indicators][:4] == [(1, 5), (1, 5), (0, 100), (0, np.inf)]


def test_table_has_one_row_per_indicator_in_file_order():
    table = tiny_framework().table()
    assert list(table["indicator"]) == ["态度", "环境", "处理率", "事故率", "时长"]
    assert list(table["veto"]) == ["", "", "", "> 2", ""]
    assert_allclose(table["target"], [4.2, np.nan, 98, 0.2, np.nan])


def test_labels_fall_back_to_the_identifier():
    built = tiny_framework()
    assert [built.label("态度", lang) for lang in ("zh", "en")] == ["态度", "Attitude"]
    assert [built.label("total", lang) for lang in ("zh", "en")] == ["总分", "Total score"]
    assert [built.label(x, "en") for x in ("客户", "优秀", "电话", "部门")] == [
        "Customers",
        "Excellent",
        "Phone",
        "Department",
    ]
    assert built.label("没有英文", "en") == "没有英文"


def test_names_of_the_data_have_their_english():
    built = framework.from_dict(changed((("names_en",), {"投诉": "Complaints"})))
    assert [built.label("投诉", lang) for lang in ("zh", "en")] == ["投诉", "Complaints"]
    assert built.number_hash() == tiny_framework().number_hash()


def test_a_veto_written_twice_is_one_limit():
    limit = {"type": "veto", "object": "事故率", "condition": ">", "value": 2, "clause": "第二条"}
    built = framework.from_dict(changed((("grades", "limits"), [limit])))
    assert [(x.result, x.clause) for x in built.grades.limits] == [("不合格", "第二条")]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(ParamError, match=r"no indicator is called '处理綠'. Did you mean '处理率'\?"):
        tiny_framework().indicator("处理綠")
    with pytest.raises(ParamError, match="no dimension is called 'x'"):
        tiny_framework().dimension("x")


def test_chinese_choices_mean_the_same():
    content = changed(
        ((*ACCIDENTS, "better"), "越低越好"),
        ((*ACCIDENTS, "kind"), "发生率"),
        ((*ATTITUDE, "kind"), "评分"),
        ((*ATTITUDE, "mid"), {"value": 0.2, "on": "单位"}),
        (("weights",), {"method": "直接"}),
    )
    assert framework.from_dict(content).number_hash() == tiny_framework().number_hash()


def test_number_hash_ignores_words_order_and_the_sum_of_weights():
    words = changed(
        ((*ATTITUDE, "en"), "Manners"),
        ((*ATTITUDE, "weight"), 0.5),
        ((*PREMISES, "weight"), 0.5),
        ((*ATTITUDE, "advice"), "练习"),
        (("version",), "2"),
    )
    turned = changed()
    turned["dimensions"] = dict(reversed(turned["dimensions"].items()))
    same = {framework.from_dict(c).number_hash() for c in (tiny_content(), words, turned)}
    assert len(same) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*ATTITUDE, "score"), {1: 0, 5: 99}),
        ((*ATTITUDE, "mid"), {"value": 0.3}),
        ((*ATTITUDE, "missing_codes"), [8]),
        (("grades", "rounding"), "gbt8170"),
        ((*ACCIDENTS, "veto"), ">= 2"),
        (("subjects",), {"客户": 0.5, "内部监督": 0.5}),
    ],
)
def test_number_hash_sees_every_number(path: tuple[str, ...], value: Any):
    assert framework.from_dict(changed((path, value))).number_hash() != tiny_framework().number_hash()


# ---- points


def test_goalposts_as_coinr():
    """COINr n_goalposts(c(10,20,55,90,120), c(20,90,100)) = 0 0 50 100 100; reversed 100 100 50 0 0."""
    x = np.array([10, 20, 55, 90, 120])
    up = framework.Anchors(values=(20, 90), scores=(0, 100))
    down = framework.Anchors(values=(20, 90), scores=(100, 0))
    assert up.points(x).tolist() == [0, 0, 50, 100, 100]
    assert down.points(x).tolist() == [100, 100, 50, 0, 0]


def test_likert_to_hundred_as_hcahps():
    """CMS HCAHPS linear scores: never, sometimes, usually, always = 0, 33.3, 66.7, 100."""
    content = changed(
        ((*ATTITUDE, "scale"), [1, 4]), ((*ATTITUDE, "score"), {1: 0, 4: 100}), ((*ATTITUDE, "target"), 4)
    )
    points = framework.from_dict(content).indicator("态度").points([1, 2, 3, 4, np.nan])
    assert_allclose(points, [0, 100 / 3, 200 / 3, 100, np.nan])


def test_steps_by_hand():
    score = {"steps": {"<= 1": 10, "≤ 3": 8, "else": 0}, "full": 10}
    built = framework.from_dict(changed(((*WAITING, "score"), score)))
    assert_allclose(
        built.indicator("时长").points([0, 1, 1.1, 3, 3.1, np.nan]), [100, 100, 80, 80, 0, np.nan]
    )


def test_steps_per_unit_by_hand():
    score = {"steps": {"start": 100, "each": -5, "floor": 20}, "full": 100}
    built = framework.from_dict(changed(((*WAITING, "score"), score)))
    assert_allclose(
        built.indicator("时长").points([0, 1, 16, 17, 100, np.nan]), [100, 95, 20, 20, 20, np.nan]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("> 2", [0, 0, 1]), (">=2", [0, 1, 1]), ("＜ 2", [1, 0, 0]), ("≤2", [1, 1, 0]), ("= 2", [0, 1, 0])],
)
def test_conditions(text: str, expected: list[int]):
    built = framework.from_dict(
        changed(((*ACCIDENTS, "veto"), GONE), (("grades", "limits", 0, "condition"), "< 2"))
    )
    condition = yaml_condition(text)
    assert condition.holds([1, 2, 3]).tolist() == [bool(x) for x in expected]
    assert not condition.holds([np.nan]).any()
    assert built.grades.limits[0].condition.low_is_bad


def yaml_condition(text: str) -> framework.Condition:
    return framework.scoring.parse_condition(text)


values = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=6, unique=True).map(sorted)
points = st.lists(st.floats(0, 100), min_size=6, max_size=6).map(sorted)


@given(values, points, st.lists(st.floats(-2e6, 2e6), min_size=2, max_size=20))
def test_anchors_are_monotone_and_stay_within_their_points(
    at: list[float], score: list[float], x: list[float]
):
    anchors = framework.Anchors(values=tuple(at), scores=tuple(score[: len(at)]))
    got = anchors.points(np.sort(x))
    assert (np.diff(got) >= -1e-9).all()
    assert got.min() >= score[0] - 1e-9
    assert got.max() <= score[len(at) - 1] + 1e-9


# ---- refusals


REFUSED: list[tuple[str, list[tuple[tuple[Any, ...], Any]], str]] = [
    (
        "indicator weights",
        [((*ATTITUDE, "weight"), 40)],
        "dimensions.体验.indicators: weights sum to 90 (态度 40, 环境 50). Make them sum to 1 or to 100.",
    ),
    ("dimension weights", [(("dimensions", "体验", "weight"), 0.5)], "dimensions: weights sum to 0.9"),
    ("subject weights", [(("subjects",), {"客户": 1, "内部监督": 2})], "subjects: weights sum to 3"),
    (
        "no weight",
        [((*ATTITUDE, "weight"), GONE)],
        "态度.weight: no weight. Add weight, or another weights: method.",
    ),
    (
        "unknown key",
        [((*ATTITUDE, "tagret"), 4)],
        "态度.tagret: unknown key 'tagret'. Correct or remove it. Did you mean 'target'?",
    ),
    ("unknown top key", [(("zzz",), 4)], "zzz: unknown key 'zzz'. Use one of name, en, version"),
    (
        "missing key",
        [((*ATTITUDE, "kind"), GONE)],
        "dimensions.体验.indicators.态度: 'kind' is missing. Add kind.",
    ),
    (
        "unknown choice",
        [((*ATTITUDE, "better"), "越高越坏")],
        (
            "better: '越高越坏' is not known. Choose one of high (越高越好), low (越低越好), near (适中). "
            "Did you mean '越高越好'?"
        ),
    ),
    (
        "number for text",
        [(("version",), 2026.1)],
        "version: found 2026.1. A text is wanted: put the value in quotes.",
    ),
    (
        "no for text",
        [((*ATTITUDE, "unit"), False)],
        "unit: found false/no. A text is wanted: put the value in quotes.",
    ),
    (
        "text for number",
        [((*ATTITUDE, "weight"), "很多")],
        "weight: found '很多'. A number is wanted.",
    ),
    ("numeric name", [(("dimensions",), {1: {}})], "dimensions: the name 1 is a number. Put it in quotes"),
    (
        "wrong direction",
        [((*ATTITUDE, "score"), {1: 100, 5: 0})],
        "score: better is high, but points go from 100 at 1 to 0 at 5. Correct the points",
    ),
    ("one anchor", [((*ATTITUDE, "score"), {3: 50})], "score: only one anchor. Give at least two"),
    (
        "anchor text",
        [((*ATTITUDE, "score"), {"满意": 100, 1: 0})],
        "score: anchor keys '满意' are not numbers",
    ),
    ("points text", [((*ATTITUDE, "score"), {1: None, 5: 100})], "score: points None are not numbers"),
    ("points range", [((*ATTITUDE, "score"), {1: 0, 5: 120})], "score: points 120 are outside 0-100"),
    (
        "anchor range",
        [((*ATTITUDE, "score"), {0: 0, 5: 100})],
        "score: anchor 0 is outside the possible values 1-5",
    ),
    ("no items", [((*ATTITUDE, "items"), [])], "items: a rating names no items"),
    ("no scale", [((*ATTITUDE, "scale"), GONE)], "scale: a rating needs its scale"),
    ("scale order", [((*ATTITUDE, "scale"), [5, 1])], "scale: scale runs from 5 to 1"),
    (
        "missing code inside",
        [((*ATTITUDE, "missing_codes"), [3])],
        "missing code 3 lies inside the scale 1-5",
    ),
    (
        "item twice",
        [((*PREMISES, "items"), ["q03", "q05"])],
        "环境.items: item 'q03' is already in '态度'. Keep it in one",
    ),
    ("item repeated", [((*ATTITUDE, "items"), ["q01", "q01"])], "items: q01 listed twice"),
    (
        "expectations do not pair",
        [((*ATTITUDE, "expectation"), ["e1"])],
        "expectation: 1 expectations for 3 items. Name one column per item, in the same order.",
    ),
    (
        "expectation is an item",
        [((*ATTITUDE, "expectation"), ["e1", "q01", "e3"])],
        "expectation: item 'q01' is already in '态度'",
    ),
    ("expectation of a kpi", [((*HANDLED, "expectation"), ["e1"])], "expectation belongs to kind rating"),
    (
        "expectation where low is good",
        [((*ATTITUDE, "expectation"), ["e1", "e2", "e3"]), ((*ATTITUDE, "better"), "low")],
        "better is low, but an expectation is set against a high answer",
    ),
    ("reverse", [((*PREMISES, "reverse"), ["q06"])], "reverse.q06: unknown item 'q06'. Use one of q04, q05."),
    ("kpi items", [((*HANDLED, "items"), ["q09"])], "items: items belongs to kind rating, not proportion"),
    ("rating from kpis", [((*ATTITUDE, "from"), "kpis")], "from: a rating comes from responses"),
    ("per", [((*HANDLED, "per"), 1000)], "per: per is for kind rate, not proportion"),
    ("warn side", [((*HANDLED, "warn"), 99)], "warn: warn 99 is on the good side of target 98"),
    ("warn side low", [((*ACCIDENTS, "warn"), 0.1)], "warn: warn 0.1 is on the good side of target 0.2"),
    ("veto side", [((*ACCIDENTS, "veto"), "< 2")], "veto: better is low, but '< 2' strikes good values"),
    ("veto target", [((*ACCIDENTS, "veto"), "> 0.1")], "veto: '> 0.1' strikes the target 0.2 itself"),
    (
        "veto text",
        [((*ACCIDENTS, "veto"), "超过2")],
        "veto: '超过2' is not a condition. Write an operator and a number in quotes",
    ),
    (
        "target form",
        [((*HANDLED, "target"), [95, 98])],
        "target: better is high and target is [95, 98]. Write one number.",
    ),
    ("target range", [((*HANDLED, "target"), 980)], "target 980 is outside the possible values 0-100"),
    ("mid zero", [((*ATTITUDE, "mid"), {"value": 0})], "mid.value: found 0. It should be greater than 0."),
    ("mid large", [((*ATTITUDE, "mid"), {"value": 4})], "mid: mid 4 exceeds the range 1-5"),
    (
        "unknown subject",
        [((*ATTITUDE, "subjects"), ["顾客"])],
        "unknown subject '顾客'. Use one of 客户, 内部监督.",
    ),
    (
        "cuts order",
        [(("grades", "scale"), {"良": 80, "优": 90, "差": 0})],
        "grades.scale: 良 80 is not above 优 90",
    ),
    (
        "last cut",
        [(("grades", "scale"), {"优": 90, "差": 10})],
        "the last grade 差 begins at 10, so lower scores have none",
    ),
    ("high cut", [(("grades", "scale"), {"优": 101, "差": 0})], "优 begins above 100"),
    ("limit object", [(("grades", "limits", 0, "object"), "过成")], "limits.0.object: unknown object '过成'"),
    (
        "limit result",
        [(("grades", "limits", 0, "result"), "不合各")],
        "result: unknown grade '不合各'. Use one of 优秀, 良好, 合格, 不合格. Did you mean '不合格'?",
    ),
    ("cap result", [(("grades", "limits", 0, "result"), "")], "limits.0: a cap has no result"),
    ("limit side", [(("grades", "limits", 0, "condition"), "> 60")], "'> 60' strikes good scores of 过程"),
    ("english grade", [(("grades", "scale_en"), {"优": "A"})], "scale_en.优: unknown grade '优'"),
    (
        "name twice",
        [
            (
                ("dimensions", "过程", "indicators", "体验"),
                copy.deepcopy(tiny_content()["dimensions"]["过程"]["indicators"]["时长"]),
            )
        ],
        "the name '体验' is also a dimension",
    ),
    (
        "stated columns",
        [(("dimensions", "体验", "weights"), {"method": "stated", "order": ["态度", "环境"]})],
        "weights: stated weights name no columns",
    ),
    (
        "stated order",
        [(("dimensions", "体验", "weights"), {"method": "stated", "columns": ["c"], "order": ["态度"]})],
        "order: order leaves out 环境",
    ),
    (
        "stated nothing",
        [(("dimensions", "体验", "weights"), {"method": "stated", "columns": ["c"]})],
        "weights: stated weights have no order",
    ),
    (
        "stated repeated",
        [(("weights",), {"method": "stated", "columns": ["c"], "order": ["体验", "过程", "体验"]})],
        "weights.order: order repeats a name",
    ),
    (
        "columns elsewhere",
        [(("weights",), {"method": "equal", "columns": ["c"]})],
        "columns and order belong to method stated, not equal",
    ),
    (
        "pin",
        [(("weights",), {"method": "equal", "from": "2025Q4"})],
        "from pins a relative method; equal is not relative",
    ),
    ("steps only else", [((*WAITING, "score"), {"steps": {"else": 0}})], "score: steps have only else"),
    (
        "fractions as per cent",
        [((*HANDLED, "score"), {0.8: 0, 0.98: 100})],
        'score: the anchors are fractions and unit is "%". Write per cent',
    ),
    (
        "per cent as fractions",
        [((*HANDLED, "unit"), "")],
        'score: anchor 80 is outside the possible values 0-1. Set unit: "%", or write fractions.',
    ),
    ("infinite", [((*ATTITUDE, "weight"), float("inf"))], "weight: found inf. It should be a finite number"),
    ("steps else", [((*WAITING, "score"), {"steps": {"<= 1": 100}})], "score: steps have no else"),
    (
        "steps key",
        [((*WAITING, "score"), {"steps": {"else": 0}, "top": 1})],
        "score: unknown key 'top' beside steps",
    ),
    (
        "steps condition",
        [((*WAITING, "score"), {"steps": {"少于1": 9, "else": 0}})],
        "score: '少于1' is not a condition",
    ),
    (
        "steps points",
        [((*WAITING, "score"), {"steps": {"<= 1": "满分", "else": 0}})],
        "score: step <= 1: '满分' is not a number",
    ),
    (
        "steps range",
        [((*WAITING, "score"), {"steps": {"<= 1": 20, "else": 0}, "full": 10})],
        "score: points 20 are outside 0-10",
    ),
    (
        "steps full",
        [((*WAITING, "score"), {"steps": {"else": 0}, "full": 0})],
        "score: full is 0. Write the full mark",
    ),
    ("steps empty", [((*WAITING, "score"), {"steps": {}})], "score: steps is {}"),
    ("each missing", [((*WAITING, "score"), {"steps": {"start": 100}})], "score: steps: each is missing"),
    (
        "each sign",
        [((*WAITING, "score"), {"steps": {"start": 50, "each": 5}})],
        "score: better is low, but each unit gives 5 points",
    ),
    ("score text", [((*WAITING, "score"), 5)], "score: score is 5. Write anchors"),
    (
        "no indicators",
        [(("dimensions", "过程", "indicators"), {})],
        "dimensions.过程: found {}. Write one entry per name",
    ),
    ("body", [(ATTITUDE, 5)], "dimensions.体验.indicators.态度: found 5"),
]


@pytest.mark.parametrize(
    ("edits", "text"), [(e, t) for _, e, t in REFUSED], ids=[name for name, *_ in REFUSED]
)
def test_refusals(edits: list[tuple[tuple[Any, ...], Any]], text: str):
    found = refusals(changed(*edits))
    assert any(text in line for line in found), "\n".join(found)


def test_full_width_percent_is_percent():
    assert (
        framework.from_dict(changed(((*HANDLED, "unit"), "％"))).number_hash()
        == tiny_framework().number_hash()
    )


def test_near_needs_a_range_around_the_target():
    near = {
        "kind": "proportion",
        "unit": "%",
        "better": "适中",
        "score": {80: 0, 97: 100, 99: 100, 100: 60},
        "target": [97, 99],
        "warn": [95, 100],
        "weight": 0.5,
    }
    assert framework.from_dict(changed((HANDLED, near))).indicator("处理率").sign == 0
    assert (
        "warn [98, 100] is on the good side of target [97, 99]"
        in refusals(changed((HANDLED, {**near, "warn": [98, 100]})))[0]
    )
    assert "target is 97. Write [low, high]." in refusals(changed((HANDLED, {**near, "target": 97})))[0]
    assert "target [99, 97] is upside down" in refusals(changed((HANDLED, {**near, "target": [99, 97]})))[0]


def test_everything_wrong_is_reported_at_once():
    found = refusals(
        changed(
            ((*ATTITUDE, "tagret"), 4),
            ((*ATTITUDE, "kind"), "平分"),
            ((*HANDLED, "warn"), 99),
            (("dimensions", "体验", "weight"), 0.5),
            (("grades", "limits", 0, "object"), "无"),
        )
    )
    assert len(found) == 5, "\n".join(found)


def test_a_part_left_out_does_not_cause_more_problems():
    assert len(refusals(changed(((*ATTITUDE, "weight"), "abc")))) == 1
    assert len(refusals(changed(((*ATTITUDE, "score"), {"a": 1})))) == 1


# ---- YAML


def as_yaml(**replace: str) -> str:
    text = yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False)
    for old, new in replace.items():
        text = text.replace(old, new)
    return text


def test_lines_are_named():
    text = as_yaml(target="tagret")
    line = text.splitlines().index("        tagret: 4.2") + 1
    assert refusals(text)[0].startswith(
        f"f.yaml, line {line}, dimensions.体验.indicators.态度.tagret: unknown key"
    )


YAML_REFUSED = [
    ("a: 1\nb: 2\na: 3\n", "f.yaml, line 3, a: key 'a' is written twice (lines 1 and 3). Keep one of them."),
    (
        "a: {80:0}\n",
        "line 1, a: '80:0' has no space after the colon, so YAML reads one number in base 60. Write '80: 0'.",
    ),
    ("a: 08:30\n", "line 1, a: '08:30' would be read as a number in base 60. Put it in quotes"),
    ("a: > 2\n", "line 1: not valid YAML: expected a comment or a line break, but found '2'. Check"),
    ("", "the file is empty. Start from the file in templates/."),
    ("a: !!python/object:os.system x\n", "tag 'tag:yaml.org,2002:python/object:os.system' is not allowed"),
    ("? [a, b]\n: 1\n", "a key on line 1 is a list or a mapping"),
    ("a: &x [*x]\n", "the file refers to itself"),
    ("a: \x07\n", "not valid YAML"),
    ("- 1\n", "found [1]. Write keys with their values"),
]


@pytest.mark.parametrize(("text", "expected"), YAML_REFUSED)
def test_yaml_traps(text: str, expected: str):
    found = refusals(text)
    assert any(expected in line for line in found), "\n".join(found)


def test_plain_values_mean_what_they_look_like():
    text = '{a: 010, b: 2026-01-01, c: 1_000, d: 1e3, e: -.5, f: "80:0", g: ~, no: yes, h: 5., i: e1, j: +e2}'
    doc = yamlfile.parse(text)
    assert doc.problems == []
    assert doc.data == {
        "i": "e1",
        "j": "+e2",
        "a": "010",
        "b": "2026-01-01",
        "c": "1_000",
        "d": 1000.0,
        "e": -0.5,
        "f": "80:0",
        "g": None,
        "no": True,
        "h": 5.0,
    }


def test_unreadable_files_are_problems(tmp_path: Path):
    with pytest.raises(InputErrors, match=r"cannot read .*No such file"):
        framework.load(tmp_path / "none.yaml")
    (tmp_path / "gb.yaml").write_bytes("name: 考核".encode("gb18030"))
    with pytest.raises(InputErrors, match=r"gb.yaml: the file is not UTF-8 \(byte 6\). Save it as UTF-8."):
        framework.load(tmp_path / "gb.yaml")


@given(st.text(max_size=60))
def test_no_text_crashes_the_reader(text: str):
    with pytest.raises(InputErrors):
        framework.parse(text)


def test_file_and_dict_give_the_same(tmp_path: Path):
    path = tmp_path / "f.yaml"
    path.write_text("\ufeff" + as_yaml(), encoding="utf-8")
    assert framework.load(path) == tiny_framework()


# ---- schema


def test_schema_file_is_current():
    wanted = schema.as_text(schema.framework_schema())
    path = ROOT / "templates" / "schema" / "framework.json"
    assert path.read_text(encoding="utf-8") == wanted, (
        "run svclib.framework.schema.write(framework_schema(), path)"
    )


@pytest.mark.parametrize("path", ["templates/framework.yaml", "params/demo/framework.yaml"])
def test_schema_accepts_the_frameworks_of_the_project(path: str):
    doc = yamlfile.read(ROOT / path)
    content = json.loads(json.dumps(doc.data, ensure_ascii=False))
    jsonschema.validate(content, schema.framework_schema())
    assert framework.examine(doc)[1] == []


def test_schema_refuses_what_the_reader_refuses():
    with pytest.raises(jsonschema.ValidationError, match="tagret"):
        jsonschema.validate({**tiny_content(), "tagret": 1}, schema.framework_schema())
