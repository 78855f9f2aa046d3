"""Keys standardise and focus: what they mean, in both languages, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import tiny_content

from svclib import params
from svclib.errors import InputErrors

TEXT = "name: a\nframework: framework.yaml\ncycle: 2026Q2\ndata: {responses: r.csv, kpis: k.csv}\n"


def loaded(folder: Path, said: str) -> Any:
    content = yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False)
    (folder / "framework.yaml").write_text(content, encoding="utf-8")
    file = folder / "2026Q2.yaml"
    file.write_text(TEXT + said, encoding="utf-8")
    return params.load(file)


@pytest.mark.parametrize(
    ("said", "focus"),
    [
        ("", 0.1),
        ("focus: 0.2", 0.2),
        ("focus: [0.2]", 0.2),
        ("focus: 甲", ("甲",)),
        ("focus: [甲, 乙]", ("甲", "乙")),
        ("focus: none", ()),
        ("focus: [无]", ()),
    ],
)
def test_focus(tmp_path: Path, said: str, focus: Any):
    assert loaded(tmp_path, said).focus == focus


@pytest.mark.parametrize(
    ("said", "by"),
    [("", ("channel",)), ("standardise: {by: 客群}", ("segment",)), ("standardise: {by: [无]}", ()),
     ("standardise: {by: [渠道, segment]}", ("channel", "segment"))],
)  # fmt: skip
def test_standardise(tmp_path: Path, said: str, by: tuple[str, ...]):
    assert loaded(tmp_path, said).standardise.by == by


def test_margins_inline_and_from_a_file(tmp_path: Path):
    inline = loaded(tmp_path, "standardise: {margins: {渠道: {电话: 60, 网络: 40}}}")
    assert inline.standardise.margins == {"channel": {"电话": 60, "网络": 40}}
    table = "变量,类别,数量\n渠道,电话,60\n渠道,网络,40\n客群,新,30\n客群,老,70\n"
    (tmp_path / "总体.csv").write_text(table, encoding="utf-8-sig")
    read = loaded(tmp_path, "standardise: {margins: 总体.csv}").standardise.margins
    assert read == {"channel": {"电话": 60, "网络": 40}, "segment": {"新": 30, "老": 70}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("focus: 0.7", "0.7 is no share of the units up to a half"),
        ("standardise: {by: 部门}", "'部门' is not known"),
        ("standardise: {margins: {渠道: {电话: 60}, 客群: {新: 50}}}", "channel 60, segment 50"),
        ("standardise: {margins: {渠道: {电话: -1}}}", "greater than 0"),
        ("standardise: {margins: 无此.csv}", "no CSV file '无此.csv' in UTF-8"),
    ],
)
def test_refusals(tmp_path: Path, said: str, told: str):
    with pytest.raises(InputErrors, match=told):
        loaded(tmp_path, said)


def test_every_bad_row_of_a_file_is_told_at_once(tmp_path: Path):
    rows = "variable,category,number\nchannel,phone,x\nunit,a,1\nchannel,net,5\nchannel,net,6\n"
    (tmp_path / "m.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputErrors) as caught:
        loaded(tmp_path, "standardise: {margins: m.csv}")
    text = str(caught.value)
    assert "row 2: 'channel', 'phone', 'x' is no margin" in text
    assert "row 3: 'unit', 'a', '1' is no margin" in text
    assert "row 5: 'net' is given twice" in text
