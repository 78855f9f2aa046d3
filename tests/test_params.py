from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml
from factories import tiny_content

from svclib import params
from svclib.errors import InputErrors, ParamError
from svclib.framework import schema, yamlfile

ROOT = Path(__file__).resolve().parent.parent

MINIMAL = """\
name: demo
framework: framework.yaml
cycle: 2026Q2
data:
  responses: {folder}/responses.csv
  kpis: kpis.csv
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    text = yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False)
    (tmp_path / "framework.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "2026Q1.yaml").write_text("x", encoding="utf-8")
    return tmp_path


def write(home: Path, text: str = MINIMAL, extra: str = "") -> Path:
    path = home / "2026Q2.yaml"
    path.write_text(text.replace("{folder}", "data") + extra, encoding="utf-8")
    return path


def refusals(path: Path) -> str:
    with pytest.raises(InputErrors) as caught:
        params.load(path)
    return str(caught.value)


def test_defaults_and_paths_without_any_data_present(home: Path):
    got = params.load(write(home))
    assert (got.name, got.cycle, got.kind, got.status) == ("demo", "2026Q2", "regular", "draft")
    assert got.file == home / "2026Q2.yaml"
    assert got.data["responses"].path == home / "data" / "responses.csv"
    assert list(got.data) == ["responses", "kpis"]
    assert got.baseline is None
    assert got.history == ()
    assert got.framework.name == "示例考核"
    assert (got.screening.out_of_range, got.screening.exclude) == ("error", ("duplicate", "missing", "speed"))
    assert (got.reliability.min_alpha, got.adjust, got.draws) == (0.7, "holm", 10000)


def test_chinese_values_siblings_and_long_entries(home: Path):
    extra = (
        "kind: 常规\nstatus: 正式\ntitle: 本期评价\nbaseline: 2026Q1.yaml\nhistory: [2026Q1.yaml]\n"
        "screening: {exclude: [重复], out_of_range: 剔除}\n"
    )
    values = "values: {value: {1.0: 3, 高: 5}}"
    entry = f"  judgments: {{path: 专家.xlsx, sheet: 判断, columns: {{expert: 姓名}}, {values}}}\n"
    got = params.load(write(home, MINIMAL + entry, extra))
    assert (got.status, got.title.zh, got.title.en) == ("official", "本期评价", "本期评价")
    assert got.baseline == home / "2026Q1.yaml"
    assert got.history == (home / "2026Q1.yaml",)
    assert got.screening.exclude == ("duplicate",)
    assert got.data["judgments"].values == {"value": {"1": "3", "高": "5"}}
    assert (got.data["judgments"].sheet, got.data["judgments"].columns) == ("判断", {"expert": "姓名"})


def test_variables_in_paths(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_HOME", "/srv/调查")
    text = MINIMAL.replace("{folder}", "${SURVEY_HOME}/a/../b")
    assert params.load(write(home, text)).data["responses"].path == Path("/srv/调查/b/responses.csv")
    monkeypatch.delenv("SURVEY_HOME")
    assert "line 5, data.responses: environment variable 'SURVEY_HOME' is not set." in refusals(
        write(home, text)
    )


def test_a_relative_file_is_found_from_the_parents(home: Path, monkeypatch: pytest.MonkeyPatch):
    write(home)
    (home / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(home / "deep" / "er")
    assert params.load("2026Q2.yaml").file == home / "2026Q2.yaml"


def test_strict_asks_for_the_sibling_files(home: Path):
    path = write(home, extra="baseline: 2026Q0.yaml\n")
    assert "baseline: no file '2026Q0.yaml'. Name an existing params file. Did you mean '2026Q" in refusals(
        path
    )
    assert params.load(path, strict=False).baseline == home / "2026Q0.yaml"


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ("sead: 1\n", "line 7, sead: unknown key 'sead'. Correct or remove it. Did you mean 'seed'?"),
        ("status: 已定\n", "status: '已定' is not known. Choose one of draft (征求意见稿), official (正式)."),
        (
            "adjust: bonferroni\n",
            "adjust: 'bonferroni' is not known. Choose one of holm, fdr_bh, none (不校正).",
        ),
        ("languages: [fr]\n", "languages.0: 'fr' is not known. Choose one of zh, en."),
        ("languages: []\n", "languages: found []"),
        ("confidence: 95\n", "confidence: found 95. It should be less than 1."),
        ("seed: 1.5\n", "seed: found 1.5. A whole number is wanted."),
        ("draws: 10\n", "draws: found 10. It should be greater than or equal to 100."),
        ("panel: 也许\n", "panel: found '也许'. Write true or false."),
        (
            "screening: {exclude: [dupes]}\n",
            "screening.exclude.0: 'dupes' is not known. Choose one of duplicate",
        ),
        ("screening: {missing: 1}\n", "screening.missing: unknown key 'missing'."),
        (
            "screening: {cuts: {近似重复: 85}}\n",
            "screening: cuts.near_duplicate: 85 is outside 0-1. Give a cut inside it.",
        ),
        (
            "reliability: {min_alpha: 70}\n",
            "reliability.min_alpha: found 70. It should be less than or equal to 1.",
        ),
        ("baseline: 2026Q2.yaml\n", "baseline: the cycle names itself."),
        ("seed: 1\nseed: 2\n", "line 8, seed: key 'seed' is written twice (lines 7 and 8)."),
    ],
)
def test_refusals(home: Path, extra: str, text: str):
    assert text in refusals(write(home, extra=extra))


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("cycle: 2026Q2", "cycle: 2026", "cycle: found 2026. A text is wanted: put the value in quotes."),
        (
            "cycle: 2026Q2",
            "cycle: 2026/Q2",
            "cycle: found '2026/Q2'. It names a folder: use letters, digits, - and _ only.",
        ),
        ("name: demo\n", "", "'name' is missing. Add name."),
        (
            "framework.yaml",
            "framwork.yaml",
            "no file 'framwork.yaml'. Name an existing framework. Did you mean 'framework.yaml'?",
        ),
        (
            "  kpis: kpis.csv\n",
            "",
            "line 4, data: the framework needs kpis, which data does not name. Add kpis: path.",
        ),
        ("  kpis:", "  kpi:", "data.kpi: unknown key 'kpi'. Correct or remove it. Did you mean 'kpis'?"),
        (
            "kpis.csv",
            "{path: k.csv, values: [1]}",
            "data.kpis.values: found [1]. Write {column: {code: value}}.",
        ),
    ],
)
def test_refusals_of_required_parts(home: Path, old: str, new: str, text: str):
    assert text in refusals(write(home, MINIMAL.replace(old, new)))


def test_problems_of_params_and_framework_come_together(home: Path):
    (home / "framework.yaml").write_text("name: x\nsubjects: {a: 2}\n", encoding="utf-8")
    message = refusals(write(home, extra="sead: 1\n"))
    assert "2026Q2.yaml, line 7, sead" in message
    assert "framework.yaml: 'version' is missing" in message or "framework.yaml, line 1: 'version'" in message


def test_unusable_files(home: Path):
    assert "nothing.yaml: cannot read" in refusals(home / "nothing.yaml")
    assert "2026Q2.yaml: the file is empty" in refusals(write(home, ""))


def test_ahp_needs_judgments(home: Path):
    content = {**tiny_content(), "weights": {"method": "ahp"}}
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    (home / "framework.yaml").write_text(text, encoding="utf-8")
    assert "the framework needs judgments, which data does not name" in refusals(write(home))


def test_schema_file_is_current():
    path = ROOT / "templates" / "schema" / "params.json"
    wanted = schema.as_text(params.json_schema())
    assert path.read_text(encoding="utf-8") == wanted, (
        "run svclib.framework.schema.write(params.json_schema(), path)"
    )


@pytest.mark.parametrize("pattern", ["templates/params.yaml", "params/*/20*.yaml"])
def test_params_of_the_project_are_valid(pattern: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SVCLIB_DATA", os.environ.get("SVCLIB_DATA", "data"))
    files = sorted(ROOT.glob(pattern))
    assert files
    for file in files:
        params.load(file)
        content = json.loads(json.dumps(yamlfile.read(file).data, ensure_ascii=False))
        jsonschema.validate(content, params.json_schema())


KIND_CASES = {
    "annual without its cycles": ("kind: annual\n", "a cycle of kind annual has no annual", "Add annual:"),
    "scope of a regular cycle": (
        "scope: {event: 雨, day: 2026-05-20, window: {start: 2026-05-01, end: 2026-05-31}}\n",
        "scope belongs to kind ad_hoc, not regular",
        "Remove scope",
    ),
    "event outside its window": (
        "kind: 专项\nscope: {event: 雨, day: 2026-06-20, window: {start: 2026-05-01, end: 2026-05-31}}\n",
        "2026-06-20 is not within the window",
        "Let the window begin before the event",
    ),
    "ad hoc with a baseline": (
        (
            "kind: 专项\nbaseline: 2026Q1.yaml\n"
            "scope: {event: 雨, day: 2026-05-20, window: {start: 2026-05-01, end: 2026-05-31}}\n"
        ),
        "stays out of the regular chain",
        "Remove baseline",
    ),
    "unknown indicator in scope": (
        (
            "kind: 专项\nscope: {event: 雨, day: 2026-05-20, indicators: [态渡], "
            "window: {start: 2026-05-01, end: 2026-05-31}}\n"
        ),
        "unknown indicator '态渡'",
        "Name one of the framework",
    ),
    "period upside down": (
        "period: {start: 2026-06-30, end: 2026-04-01}\n",
        "before it starts",
        "Write start before end",
    ),
    "no day": (
        "period: {start: 2026-02-30, end: 2026-04-01}\n",
        "'2026-02-30' is not a day",
        "Write year-month-day",
    ),
    "as_of outside the period": (
        "as_of: 2026-08-01\nperiod: {start: 2026-04-01, end: 2026-06-30}\n",
        "2026-08-01 is not between",
        "Give a day of the period",
    ),
    "rule of an unknown grade": (
        "kind: 年度\nannual: {from: [2026Q1.yaml, 2026Q0.yaml], rules: [{grade: 优, result: 合格}]}\n",
        "unknown grade '优'",
        "Use one of",
    ),
    "more cycles asked than there are": (
        "kind: 年度\nannual: {from: [2026Q1.yaml, 2026Q0.yaml], min_cycles: 3}\n",
        "min_cycles is 3 of 2",
        "at most",
    ),
}


@pytest.mark.parametrize("case", KIND_CASES)
def test_kinds_of_cycle_say_what_they_lack(home: Path, case: str):
    extra, found, remedy = KIND_CASES[case]
    told = refusals(write(home, extra=extra))
    assert found in told
    assert remedy in told


def test_a_partial_period_is_a_draft_up_to_its_day(home: Path):
    path = write(home, extra="status: 正式\nperiod: {start: 2026-04-01, end: 2026-06-30}\n")
    got = params.load(path, as_of="2026-05-31")
    assert (got.status, str(got.as_of), str(got.today)) == ("draft", "2026-05-31", "2026-05-31")
    assert str(params.load(path).today) == "2026-06-30"
    with pytest.raises(ParamError, match=r"as_of=2026-07-01 is not a day of the period \(2026-04-01 to"):
        params.load(path, as_of="2026-07-01")
    with pytest.raises(ParamError, match="'May' is not a day; write it as 2026-05-31"):
        params.load(path, as_of="May")
