"""Write docs/tables.md, the data dictionary of result tables, from the inventory and the glossary.

`python docs/make_tables.py` writes the file; `text()` is what it should hold, which a test compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from svclib.columns import GLOSSARY, TABLES
from svclib.tables.words import words

HERE = Path(__file__).parent
STEPS = {
    "01": ("design/01_indicator_system", "指标体系审查"),
    "02": ("design/02_expert_panel", "专家咨询"),
    "03": ("design/03_sample_plan", "抽样方案与模拟"),
    "10": ("10_data_quality", "数据质量"),
    "20": ("20_reliability_validity", "信度与效度"),
    "30": ("30_weights", "权重"),
    "40": ("40_scores_grades", "得分与等级"),
    "50": ("50_improvement", "改进"),
    "60": ("60_monitoring_targets", "监测与目标"),
    "70": ("70_problems_actions", "问题与整改"),
    "90": ("90_report", "报告"),
}
TYPES = {"float": "number 数值", "int": "whole number 整数", "bool": "yes or no 是否", "str": "text 文字"}
HEAD = """# Result tables 结果表

Written by `python docs/make_tables.py` from the inventory in `svclib.columns`; do not edit by hand.
由 `python docs/make_tables.py` 根据 `svclib.columns` 中的清单生成，请勿手工修改。

Every run keeps its tables as Parquet files in `tables/`, unrounded, sorted by key; private ones are in
`private/` and are never exported. **Bold** columns form the key: no two rows share it. "Empty" says
whether a cell may be empty. The formulas are in [Methods](method.md).
每次运行的结果表以 Parquet 保存在 `tables/`，不作修约，按主键排序；涉及个人的在 `private/`，从不对外输出。
**加粗**的列组成主键，不会重复。“可空”指单元格是否允许为空。公式见[方法](method.zh.md)。
"""
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
TITLE = re.compile(r"^(#{2,3}) (.+)$", re.M)


def sections(method: str) -> dict[str, list[tuple[str, str]]]:
    """Sections of `method` that name a table, as (anchor, title), by table."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in re.split(r"\n(?=<a id=)", method):
        ids, title = ANCHOR.findall(part), TITLE.search(part)
        if not ids or title is None or title[1] != "###":
            continue
        named = re.findall(r"`([a-z_]+)(?:\.[a-z0-9_]+)?`", part)
        for name in dict.fromkeys(n for n in named if n in TABLES):
            found.setdefault(name, []).append((ids[0], title[2]))
    return found


def _row(column: str, *, key: bool) -> str:
    entry = GLOSSARY[column]
    name = f"**`{column}`**" if key else f"`{column}`"
    empty = "yes 可空" if entry.nullable and entry.dtype == "float" else ""
    cells = (name, entry.zh, entry.en, TYPES[entry.dtype], empty)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _table(name: str, linked: list[tuple[str, str]]) -> str:
    entry = TABLES[name]
    mark = " (private 不对外)" if entry.private else ""
    lines = [f'<a id="{name}"></a>', f"### `{name}`{mark}", ""]
    if linked:
        told = " · ".join(f"[{title}](method.md#{anchor})" for anchor, title in linked)
        lines += [f"Methods 方法: {told}", ""]
    lines += ["| column 列 | 中文 | English | type 类型 | empty 可空 |", "|---|---|---|---|---|"]
    lines += [_row(column, key=column in entry.key) for column in entry.all_columns]
    return "\n".join(lines) + "\n"


def _codes() -> str:
    """Columns whose values are ids, with the words reports show for them."""
    used = {c for entry in TABLES.values() for c in entry.all_columns}
    lines = ["## Ids and their words 代码与文字", ""]
    lines += ["| column 列 | id | 中文 | English |", "|---|---|---|---|"]
    zh, en = words("zh")["codes"], words("en")["codes"]
    for column in sorted(used & set(en)):
        lines += [
            f"| `{column}` | `{code}` | {zh[column][code]} | {en[column][code]} |" for code in en[column]
        ]
    return "\n".join(lines) + "\n"


def text() -> str:
    """What docs/tables.md should hold."""
    linked = sections((HERE / "method.md").read_text(encoding="utf-8"))
    parts = [HEAD]
    for step, (notebook, title) in STEPS.items():
        names = [name for name, entry in TABLES.items() if entry.step == step]
        listed = " · ".join(f"[`{name}`](#{name})" for name in names)
        parts.append(f"## {step} {title} `{notebook}`\n\n{listed}\n")
        parts += [_table(name, linked.get(name, [])) for name in names]
    return "\n".join([*parts, _codes()])


if __name__ == "__main__":
    (HERE / "tables.md").write_text(text(), encoding="utf-8")
