"""What results are read against: outside levels, and codes for comments."""

from __future__ import annotations

from svclib.sources.catalog.fields import Field, Sheet

SHEETS: dict[str, Sheet] = {
    "benchmarks": Sheet(
        "外部参照",
        "行业或标杆水平，只作参考线，不计分",
        "External reference lines, never scored",
        ("indicator", "name"),
        {
            "indicator": Field(
                "指标", "node", True, "指标、维度或总分", "Indicator, dimension or total", "准时送达率"
            ),
            "name": Field("参照对象", "text", True, "谁的水平", "Whose level", "行业平均"),
            "name_en": Field(
                "参照对象英文", "text", False, "英文报告中的名称", "Name in English reports", "Industry mean"
            ),
            "value": Field(
                "参照值",
                "number",
                True,
                "以指标的计量单位（维度与总分用分）",
                "In the indicator's unit",
                "93.8",
            ),
            "origin": Field("来源", "text", True, "出处与年份", "Publication and year", "行业年报2025"),
        },
    ),
    "keywords": Sheet(
        "意见关键词",
        "给开放题归类：出现关键词即归入该类",
        "Codes for comments: a keyword puts it in the category",
        ("category", "keyword"),
        {
            "category": Field("类别", "text", True, "意见类别", "Category", "配送延误"),
            "keyword": Field("关键词", "text", True, "出现在意见中的词", "Word in the comment", "迟到"),
        },
    ),
}
