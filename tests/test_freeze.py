"""A method frozen before the data, and what a report says of it afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tiny_office import Office, answers, rated

from svclib import cli, cycle, params, wording
from svclib.cycle.freezing import frozen
from svclib.errors import InputErrors

DAY = "2026-03-20"


def office(folder: Path, **said: Any) -> Path:
    """Params file of a cycle whose answers stand in their file already."""
    marks = answers("甲", {"电话": [5, 4, 5, 4, 3, 5]})
    sheets = {"responses": marks}
    return Office(folder, rated()).cycle("2026Q2", {"甲": {}}, sheets=sheets, **said)


def without_data(file: Path) -> Path:
    """The same before the answers came in: the file is a template with headers alone."""
    data = file.parent / "2026Q2_responses.csv"
    data.rename(data.with_suffix(".later"))
    header = data.with_suffix(".later").read_text(encoding="utf-8").partition("\n")[0]
    data.write_text(header + "\n", encoding="utf-8")
    return file


def with_data(file: Path) -> Path:
    data = file.parent / "2026Q2_responses.csv"
    data.with_suffix(".later").replace(data)
    return file


def svclib(*argv: object, lang: str = "en") -> tuple[int, str]:
    done = CliRunner().invoke(cli.main, [*map(str, argv), "--lang", lang])
    return done.exit_code, done.output


def freeze(file: Path, *more: str, lang: str = "en") -> tuple[int, str]:
    return svclib("freeze", file, "--day", DAY, *more, lang=lang)


def change(file: Path, **said: Any) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8")) | said
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def told(file: Path, lang: str) -> list[str]:
    """Sentences of the report on the freeze."""
    found = params.load(file)
    return list(wording.freeze(frozen(found), lang, found.framework.label)["text"])


def judged(file: Path) -> dict[tuple[str, str], str]:
    table = frozen(params.load(file))
    return {(row["check"], row["node"]): row["judgement"] for row in table.to_dict("records")}


def test_a_method_frozen_before_the_data_and_kept(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    code, said = freeze(file)
    assert (code, "data of the cycle" in said) == (0, False)
    with_data(file)
    areas = ("framework", "settings", "inputs", "program", "notebooks")
    assert judged(file) == {("method", ""): "before_data"} | {(a, ""): "kept" for a in areas}
    assert told(file, "zh") == ["评价办法已于2026-03-20固化（第1版），当时还没有本期数据。此后办法未改动。"]
    assert told(file, "en")[0].endswith("before there were data of this cycle. It has not changed since.")


def test_the_whole_chain_carries_the_claim_and_its_row(tmp_path: Path) -> None:
    file = without_data(office(tmp_path, status="official"))
    freeze(file)
    tables = cycle.evaluate(params.load(with_data(file)))
    claims = tables["claims"]
    mine = claims[claims["template"].str.startswith("freeze.") & (claims["lang"] == "zh")]
    assert list(mine["table"]) == ["freeze"]
    key = json.loads(mine["key"].iloc[0])
    row = tables["freeze"].set_index(list(key)).loc[tuple(key.values())]
    assert (row["found0"], row["judgement"]) == (DAY, "before_data")


def test_words_and_the_status_are_no_change_of_method(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    change(with_data(file), status="official", title="二季度", languages=["zh"], pending={"甲": "核实中"})
    assert set(judged(file).values()) == {"before_data", "kept"}


def test_what_changed_afterwards_is_named(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    change(with_data(file), min_responses=3, panel=True, reliability={"min_alpha": 0.5})
    plan = rated()
    plan["dimensions"]["体验"]["indicators"]["态度"]["score"] = {1: 0, 4: 100}
    plan["grades"]["scale"]["优"] = 85
    change(tmp_path / "framework.yaml", **plan)
    assert {key for key, value in judged(file).items() if value == "changed"} == {
        ("framework", ""), ("framework", "态度"), ("framework", "grades"),
        ("settings", ""), ("settings", "min_responses"), ("settings", "panel"), ("settings", "reliability"),
    }  # fmt: skip
    assert told(file, "zh") == [
        "评价办法已于2026-03-20固化（第1版），当时还没有本期数据。",
        "固化之后评价方案有改动：等级规则、态度。",
        "固化之后本期设置有改动：同一批受访者由否改为是、最少有效样本由5改为3、信度规则。",
    ]
    assert told(file, "en")[1:] == [
        "The framework has changed since: grading, 态度.",
        (
            "Settings have changed since: same respondents from no to yes, fewest valid answers from 5 to 3, "
            "rules of reliability."
        ),
    ]


def test_changed_code_and_notebooks_are_told(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    path = tmp_path / "2026Q2.freeze.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    method = content["revisions"][0]["method"]
    method["program"] |= {"svclib": "0.0.1", "code": "0"}
    method["notebooks"]["90_report.ipynb"] = "0"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert told(with_data(file), "zh")[1:] == [
        "固化之后计算程序有改动（版本由0.0.1改为0.1.0、代码）。",
        "固化之后分析笔记本有改动：90_report。",
    ]


def test_a_freeze_after_the_data_says_so(tmp_path: Path) -> None:
    file = office(tmp_path)
    code, said = freeze(file, lang="zh")
    assert code == 0
    assert "注意：本期数据已经存在，报告将写明这一点" in said
    assert told(file, "zh") == [
        "评价办法于2026-03-20固化（第1版），当时本期数据已经存在，不能证明办法先于数据。此后办法未改动。"
    ]


def test_a_cycle_without_a_freeze_says_that(tmp_path: Path) -> None:
    file = office(tmp_path)
    assert judged(file) == {("method", ""): "not_frozen"}
    assert told(file, "zh") == [
        "评价办法没有在取得数据之前固化，不能证明指标、权重和分数线未随结果调整。"
    ]  # fmt: skip


def test_a_second_freeze_is_refused_and_a_revision_keeps_the_first(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    path = tmp_path / "2026Q2.freeze.json"
    before = path.read_bytes()
    code, said = freeze(file)
    assert (code, path.read_bytes()) == (2, before)
    assert "2026Q2.freeze.json: frozen on 2026-03-20 already; --force adds a revision" in said
    code, said = svclib("freeze", file, "--day", "2026-03-01", "--force")
    assert code == 2
    assert "2026-03-01 is before the last revision, which is of 2026-03-20" in said
    change(file, min_responses=3)
    assert svclib("freeze", file, "--day", "2026-03-25", "--force")[0] == 0
    kept = json.loads(path.read_text(encoding="utf-8"))["revisions"]
    assert [each["day"] for each in kept] == [DAY, "2026-03-25"]
    assert kept[0] == json.loads(before)["revisions"][0]
    assert told(with_data(file), "en") == [
        (
            "The method was frozen on 2026-03-25 (revision 2), before there were data of this cycle. "
            "It has not changed since."
        )
    ]


def test_a_revision_made_with_the_data_does_not_hide_the_one_before_them(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    change(with_data(file), min_responses=3)
    freeze(file, "--force")
    assert told(file, "zh") == [
        "评价办法已于2026-03-20固化（第1版），当时还没有本期数据。",
        "固化之后本期设置有改动：最少有效样本由5改为3。",
    ]


@pytest.mark.parametrize("text", ["", "{}", '{"cycle": "2026Q2", "revisions": []}', "[1"])
def test_a_damaged_freeze_is_a_problem_and_no_number(tmp_path: Path, text: str) -> None:
    file = office(tmp_path)
    (tmp_path / "2026Q2.freeze.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputErrors, match=r"2026Q2.freeze.json: not a freeze that can be read. Restore"):
        params.load(file)
    code, said = svclib("check", file, lang="zh")
    assert (code, "2026Q2.freeze.json：不是可读的固化文件。请从备份恢复" in said) == (2, True)


def test_only_regular_cycles_are_frozen(tmp_path: Path) -> None:
    event = {"event": "暴雨", "day": "2026-05-02", "window": {"start": "2026-04-20", "end": "2026-05-20"}}
    code, said = freeze(office(tmp_path, kind="ad_hoc", scope=event), lang="zh")
    assert code == 2
    assert "只有常规周期可以固化" in said
    assert not list(tmp_path.glob("*.freeze.json"))


def test_the_file_names_no_person_and_no_place(tmp_path: Path) -> None:
    file = without_data(office(tmp_path))
    freeze(file)
    text = (tmp_path / "2026Q2.freeze.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert len(text) < 8000
    assert not list(tmp_path.glob(".*"))


def test_every_setting_of_the_method_has_a_name_in_both_languages(tmp_path: Path) -> None:
    from svclib import tables
    from svclib.framework import views
    from svclib.params import frozen as freezing

    found = params.load(office(tmp_path))
    made = freezing.method(found)
    rules = [name for name in views.numbers(found.framework) if name != "dimensions"]
    for lang in ("zh", "en"):
        known = tables.words(lang)["settings"]
        wanted = {*made.settings, *rules, *freezing.JUDGED, *made.program}
        assert wanted <= set(known), (lang, sorted(wanted - set(known)))
