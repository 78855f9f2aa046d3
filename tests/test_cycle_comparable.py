"""Comparability through the chain: what is asked otherwise is not compared, jumps of records are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_office import RATING, Office, content

from svclib import cycle, params, tables, wording
from svclib.cycle.steps import STEPS

UNITS = ("甲", "乙")


def asked(**second: Any) -> dict[str, Any]:
    """Two ratings, 态度 of q1 and 环境 of q2 unless told otherwise."""
    two = {"态度": RATING | {"weight": 0.5}, "环境": RATING | {"items": ["q2"], "weight": 0.5} | second}
    return content() | {"dimensions": {"体验": {"weight": 1, "indicators": two}}}


def answers(unit: str, *items: str, top: int = 5) -> list[dict[str, Any]]:
    return [
        {"受访者编号": f"{unit}{k}", "部门": unit, "渠道": "电话"}
        | {item: 1 + (k + j) % top for j, item in enumerate(items)}
        for k in range(40)
    ]


def evaluated(path: Path) -> dict[str, pd.DataFrame]:
    """Tables of the steps up to the comparison."""
    state, made = cycle.load(params.load(path)), {}
    for number in ("10", "20", "30", "40", "50"):
        made |= STEPS[number](state, made)
    return made


def compared(
    folder: Path, old: dict[str, Any], new: dict[str, Any], *, then: tuple[str, ...], top: int = 5
) -> dict[str, pd.DataFrame]:
    """Tables of a cycle under `new` whose baseline was asked `then` under `old`."""
    office = Office(folder, new)
    Office(folder / "old", old)
    rows = [row for unit in UNITS for row in answers(unit, *then, top=top)]
    office.cycle("2026Q1", {u: {} for u in UNITS}, sheets={"responses": rows}, framework="old/framework.yaml")
    rows = [row for unit in UNITS for row in answers(unit, "q1", "q2", "q3")]
    return evaluated(
        office.cycle("2026Q2", {u: {} for u in UNITS}, sheets={"responses": rows}, baseline="2026Q1.yaml")
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    return tmp_path


def judged(found: dict[str, pd.DataFrame], unit: str = "甲") -> pd.DataFrame:
    return found["changes"].set_index(["unit", "node"]).loc[unit]


def test_an_item_nobody_was_asked_leaves_the_rest_comparable(folder: Path):
    found = compared(folder, asked(), asked(items=["q2", "q3"]), then=("q1", "q2"))
    rows = judged(found)
    assert rows.loc["环境", ["verdict", "reason"]].tolist() == ["not_comparable", "items_changed"]
    # Dimension and total are compared over 态度 alone, which did not move.
    assert rows.loc["total", "change"] == pytest.approx(0)
    assert rows.loc["total", "verdict"] == "inconclusive"
    told = found["comparability"].set_index(["check", "node"])["judgement"]
    assert (told[("items", "环境")], told[("framework", "")]) == ("not_comparable", "note")
    text = " ".join(wording.comparability(found["comparability"], "zh", lambda name, _: name)["text"])
    assert "“环境”的题项有增加（上期：q2；本期：q2、q3）" in text


@pytest.mark.slow
def test_another_scale_cannot_be_converted_though_its_codes_fall_outside(folder: Path):
    ten = {"scale": [1, 10], "score": {1: 0, 10: 100}}
    found = compared(folder, asked(**ten), asked(), then=("q1", "q2"), top=5)
    assert judged(found).loc["环境", "reason"] == "scale_changed"
    row = found["comparability"].set_index("check").loc["scale"]
    assert (row["found0"], row["found1"]) == ("1;10", "1;5")


@pytest.mark.slow
def test_an_indicator_that_was_not_asked_before(folder: Path):
    old = asked()
    del old["dimensions"]["体验"]["indicators"]["环境"]
    old["dimensions"]["体验"]["indicators"]["态度"]["weight"] = 1
    found = compared(folder, old, asked(), then=("q1",))
    assert judged(found).loc["环境", "reason"] == "added"
    assert judged(found).loc["total", "verdict"] == "inconclusive"


@pytest.mark.slow
def test_another_weight_is_rescored_and_says_so(folder: Path):
    old = asked()
    old["dimensions"]["体验"]["indicators"]["态度"]["weight"] = 0.2
    old["dimensions"]["体验"]["indicators"]["环境"]["weight"] = 0.8
    found = compared(folder, old, asked(), then=("q1", "q2"))
    assert judged(found)["flags"].str.contains("rescored").all()
    told = found["comparability"].set_index(["check", "node"])
    assert told.loc[("weight", "态度"), ["found0", "found1", "judgement"]].tolist() == ["0.2", "0.5", "note"]


def test_a_reworded_item_is_a_flag_of_its_indicator(tmp_path: Path):
    office = Office(tmp_path, asked())
    for name, header, said in (
        ("2026Q1", "2、态度如何", {}),
        ("2026Q2", "3、是否满意", {"baseline": "2026Q1.yaml"}),
    ):
        rows = [r | {header: r.pop("q1")} for u in UNITS for r in answers(u, "q1", "q2")]
        path = office.cycle(name, {u: {} for u in UNITS}, sheets={"responses": rows}, **said)
        entry = {"path": f"{name}_responses.csv", "columns": {"q1": header}}
        text = path.read_text("utf-8").replace(
            f"responses: {name}_responses.csv",
            f"responses: {{path: {entry['path']}, columns: {{q1: {header}}}}}",
        )
        path.write_text(text, encoding="utf-8")
    found = evaluated(path)
    flags = judged(found)["flags"]
    assert "reworded" in flags["态度"]
    assert "reworded" not in flags["环境"]
    row = found["comparability"].set_index("check").loc["wording"]
    assert (row["node"], row["found0"], row["found1"]) == ("q1", "态度如何", "是否满意")


def test_records_that_double_are_told_and_shown_in_both_languages(tmp_path: Path):
    handled = {"kind": "proportion", "unit": "%", "score": {0: 0, 100: 100}, "weight": 1}
    office = Office(
        tmp_path, content() | {"dimensions": {"过程": {"weight": 1, "indicators": {"办结率": handled}}}}
    )
    counts = {"2026Q1": {"甲": (90, 100), "乙": (90, 100)}, "2026Q2": {"甲": (290, 300), "乙": (91, 100)}}
    for name, units in counts.items():
        rows = [{"部门": u, "指标": "办结率", "分子": x, "分母": n} for u, (x, n) in units.items()]
        said = {"baseline": "2026Q1.yaml"} if name == "2026Q2" else {}
        path = office.cycle(name, {u: {} for u in UNITS}, sheets={"kpis": rows}, **said)
    found = evaluated(path)
    told = found["comparability"].set_index(["check", "unit"])["judgement"]
    assert told[("volume", "甲")] == "note"
    assert told[("volume", "乙")] == "comparable"
    assert "records_jump" in judged(found).loc["办结率", "flags"]
    assert "records_jump" not in judged(found, "乙").loc["办结率", "flags"]
    for lang in ("zh", "en"):
        text = wording.comparability(found["comparability"], lang, lambda name, _: name)["text"].iloc[-1]
        assert "100" in text
        assert "300" in text
        tables.show(found["comparability"], lang, lambda name, _: name)
