"""What experts say in writing, round by round."""

from __future__ import annotations

from svclib.sources.catalog.fields import Field, Sheet

SHEETS: dict[str, Sheet] = {
    "delphi": Sheet(
        "德尔菲",
        "专家各轮对权重、重要性和分数线的意见，一位专家对一项的意见一行",
        "Opinions of experts on weights, importance and cuts, round by round",
        ("round", "expert", "kind", "item"),
        {
            "round": Field("轮次", "count", True, "第几轮，从 1 起", "Round, from 1", "1"),
            "expert": Field("专家", "text", True, "编号，不写姓名", "Id, never a name", "专家A"),
            "kind": Field(
                "意见类型",
                "choice",
                True,
                "权重（同一上级下各项合计 100）、重要性（评分）或分数线（等级的最低分）",
                "Weight (100 over the children of a node), importance (rating), cut (least score of a grade)",
                "权重",
                {"权重": "weight", "重要性": "importance", "分数线": "cut"},
            ),
            "item": Field(
                "对象", "opinion", True, "维度、指标或等级", "Dimension, indicator or grade", "客户体验"
            ),
            "value": Field("意见值", "number", True, "权重、评分或最低分", "Weight, rating or score", "30"),
            "comment": Field("理由", "text", False, "偏离多数时说明理由", "Why it differs", ""),
        },
    ),
}
