# ruff: noqa: E501 - the entries below are one column a line
"""数据模板.xlsx: an empty sheet for every source, with headers, choices and a data dictionary."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from svclib.sources.catalog import SHEETS, Field, Kind
from svclib.workbook.settings import DATA

HEAD = {True: PatternFill("solid", fgColor="0B3A66"), False: PatternFill("solid", fgColor="5B7FA6")}
ROWS = 2000  # rows that offer the choices
KINDS: dict[Kind, str] = {
    "text": "文字", "number": "数字", "count": "非负整数", "day": "日期", "moment": "日期和时间", "yes": "是/否",
    "choice": "选项", "choice?": "选项或空白", "unit": "部门名称", "unit?": "部门名称或空白", "units": "部门名称，可多个", "indicator": "指标名称",
    "node": "指标、维度或总分", "adjustment": "加减分事项", "opinion": "维度、指标或等级",
}  # fmt: skip
GUIDE = """数据模板：怎样填写

1. 每张工作表一类数据；用得到的才填，其余留着表头即可。至少要有问卷或指标数据（看评价方案用到哪些）；《评价方案》的《部门》已填的，这里的《部门》留空。
2. 第一行是表头，不要改名、合并或插入空行；深色表头为必填列，批注说明怎样填。
3. 《问卷》在固定列之后，每个题项一列，列名就是评价方案中的题项（如 q01）。
4. 数字只写数字：不写 %、不用千分位；不适用的指标写“不适用”，没有上报的留空。
5. 日期写成 2026-06-30，时间写成 2026-06-30 09:20。
6. 合计行、说明行不要放在数据表里；自己的草稿可另建以“备注”开头的工作表。
7. 各列含义见《数据字典》。"""


class Plain(NamedTuple):
    """Sheets that the catalog does not hold: headers, required ones, what they are."""

    fields: dict[str, Field]


def _text(
    zh: str, about: str, en: str, *, required: bool = False, kind: Kind = "text", example: str = ""
) -> Field:
    return Field(zh, kind, required, about, en, example)


BASIC: dict[str, Plain] = {
    "units": Plain({
        "unit": _text("部门", "被评价单位，名称不重复", "Unit, named once", required=True, example="配送一部"),
        "name": _text("名称", "报告中的全称；空白同部门", "Name in reports"),
        "name_en": _text("英文名称", "英文报告中的名称", "Name in English reports"),
        "parent": _text("上级", "上级单位，须在本表另有一行", "Parent, with a row of its own"),
        "evaluated": _text("参评", "只作为上级、自身不评价的写“否”；空白为是", "否 for a parent that is not evaluated", kind="yes"),
        "group": _text("分组", "同组排名、共用分组规则", "Ranked together; rules of the group"),
        "head": _text("负责人", "负责人", "Head"),
        "replaces": _text("替代", "由哪些单位更名或合并而来，用；隔开", "Units it succeeds"),
        "valid_from": _text("生效日期", "何时成立", "Since when", kind="day"),
    }),
    "responses": Plain({
        "respondent": _text("受访者编号", "问卷编号，不写姓名", "Id, never a name", example="A-0001"),
        "unit": _text("部门", "评价的是哪个部门", "Unit rated", required=True, kind="unit", example="配送一部"),
        "subject": _text("评价主体", "如客户、内部监督；只有一种主体可不填", "Evaluator", example="客户"),
        "channel": _text("渠道", "如电话、邮寄、网络", "Channel", example="网络"),
        "weight": _text("权重", "抽样权重；没有则不填", "Design weight", kind="number"),
        "started": _text("开始时间", "开始作答", "Started", kind="moment"),
        "finished": _text("结束时间", "提交", "Submitted", kind="moment"),
        "interviewer": _text("调查员", "访问员编号", "Interviewer"),
        "segment": _text("客群", "客户类别", "Customer segment"),
        "service_item": _text("服务项目", "评价的服务项目", "Service item"),
        "staff": _text("服务人员", "工号，不写姓名", "Staff number, never a name"),
        "comment": _text("意见", "开放题原文", "Open comment"),
        "q01": _text("q01", "题项：每题一列，列名同评价方案", "Item columns, as in the framework", kind="number", example="5"),
    }),
    "kpis": Plain({
        "unit": _text("部门", "被评价单位", "Unit", required=True, kind="unit", example="配送一部"),
        "indicator": _text("指标", "评价方案中来自指标数据的指标", "Indicator", required=True, kind="indicator"),
        "value": _text("数值", "只有结果数时填这一列（没有误差，不作检验）；不适用写“不适用”", "Value, or 不适用", example="99.2"),
        "numerator": _text("分子", "比例：达到的件数；发生率：发生的件数，不要先乘基数", "Numerator or events", kind="number"),
        "denominator": _text("分母", "比例：应达到的件数；发生率：业务总件数", "Denominator or exposure", kind="number"),
        "n": _text("样本量", "时长等均值：由多少件算出", "Sample size of a mean", kind="number"),
        "mean": _text("均值", "时长等：平均值，单位同评价方案", "Mean", kind="number"),
        "sd": _text("标准差", "时长等：各件的标准差", "Standard deviation", kind="number"),
    }),
    "judgments": Plain({
        "expert": _text("专家", "专家编号", "Expert", required=True, example="专家A"),
        "parent": _text("上级", "比较各维度时空白；比较指标时写维度", "Empty for the dimensions, else a dimension"),
        "a": _text("甲", "甲", "First", required=True, example="客户体验"),
        "b": _text("乙", "乙", "Second", required=True, example="服务质量"),
        "value": _text("判断值", "甲比乙重要多少：1 到 9，反之写 1/3", "1 to 9, or 1/2 to 1/9", required=True, example="3"),
        "credibility": _text("专家权重", "空白为 1", "Credibility, 1 unless given", kind="number"),
    }),
}  # fmt: skip


def every_sheet() -> dict[str, dict[str, Field]]:
    """Fields of every source, in the order of the workbook."""
    return {n: BASIC[n].fields if n in BASIC else SHEETS[n].fields for n in DATA}


def write_template(path: Path) -> Path:
    """Write the workbook; refuses to write over a file."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "svclib"
    book.properties.created = book.properties.modified = dt.datetime(2000, 1, 1)
    guide: Any = book.create_sheet("填写说明")
    for row, text in enumerate(GUIDE.split("\n"), 1):
        guide.cell(row, 1).value = text
    guide["A1"].font = Font(bold=True, size=14)
    guide.column_dimensions["A"].width = 100
    for name, fields in every_sheet().items():
        _sheet(book.create_sheet(DATA[name]), fields)
    _dictionary(book.create_sheet("数据字典"))
    with path.open("xb") as handle:
        book.save(handle)
    return path


def _sheet(page: Any, fields: dict[str, Field]) -> None:
    for place, field in enumerate(fields.values(), 1):
        letter = get_column_letter(place)
        _head(page, place, field.zh, required=field.required)
        needed = "必填。" if field.required else "可空。"
        page.cell(1, place).comment = Comment(
            f"{needed}{field.about}（{KINDS[field.kind]}）", "svclib", 80, 240
        )
        page.column_dimensions[letter].width = max(12, 2 * len(field.zh) + 4)
        offered = list(field.choices) or (["是", "否"] if field.kind == "yes" else [])
        if offered:
            rule = DataValidation(type="list", formula1=f'"{",".join(offered)}"', allow_blank=True)
            rule.add(f"{letter}2:{letter}{ROWS}")
            page.add_data_validation(rule)
    page.freeze_panes = "B2"


def _head(page: Any, place: int, text: str, *, required: bool) -> None:
    cell = page.cell(1, place)
    cell.value, cell.fill, cell.font = text, HEAD[required], Font(bold=True, color="FFFFFF")
    cell.alignment = Alignment(horizontal="center", wrap_text=True)


def _dictionary(page: Any) -> None:
    names = ["工作表", "列", "英文列名", "必填", "内容", "可选值", "说明", "Explanation", "示例"]
    for place, name in enumerate(names, 1):
        _head(page, place, name, required=True)
    rows = [
        (DATA[sheet], key, field) for sheet, fields in every_sheet().items() for key, field in fields.items()
    ]
    for at, (sheet, key, field) in enumerate(rows, 2):
        needed, offered = "是" if field.required else "", "、".join(field.choices)
        told = [
            sheet,
            field.zh,
            key,
            needed,
            KINDS[field.kind],
            offered,
            field.about,
            field.about_en,
            field.example,
        ]
        for place, text in enumerate(told, 1):
            cell = page.cell(at, place)
            cell.value = text or None
            cell.data_type = "s" if text else "n"
    for place, width in enumerate((12, 14, 14, 6, 18, 30, 44, 44, 22), 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.freeze_panes = "C2"
