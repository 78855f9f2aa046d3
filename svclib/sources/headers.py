"""Column names a data file may use, in Chinese or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

ALIASES: dict[str, tuple[str, ...]] = {
    "unit": ("部门", "单位", "被评价单位", "被评价部门", "department"),
    "name": ("名称", "部门名称", "单位名称"),
    "name_en": ("英文名称", "english name"),
    "parent": ("上级", "上级部门", "上级单位", "维度", "层级", "dimension"),
    "group": ("分组", "组别", "类别"),
    "head": ("负责人", "部门负责人"),
    "replaces": ("替代", "替代部门", "原部门", "合并自"),
    "evaluated": ("参评", "是否参评"),
    "valid_from": ("生效日期", "启用日期"),
    "cycle": ("周期", "评价周期"),
    "respondent": ("受访者编号", "受访者", "问卷编号", "编号", "序号", "id", "respondent id"),
    "subject": ("评价主体", "主体", "evaluator"),
    "channel": ("渠道", "调查渠道"),
    "weight": ("权重", "样本权重", "抽样权重"),
    "stratum": ("层", "抽样层", "分层"),
    "cluster": ("群", "抽样群", "整群"),
    "seconds": ("用时", "所用时间", "作答用时", "答题时间", "用时秒", "用时(秒)", "duration"),
    "started": ("开始时间", "开始作答时间", "start"),
    "finished": ("结束时间", "提交时间", "提交答卷时间", "end"),
    "interviewer": ("调查员", "访问员", "访员"),
    "segment": ("客群", "客户类别", "客户类型", "身份"),
    "service_item": ("服务项目", "服务事项", "业务类型"),
    "staff": ("服务人员", "工号", "人员工号"),
    "comment": ("意见", "意见建议", "意见与建议", "建议", "评论"),
    "indicator": ("指标", "指标名称"),
    "value": ("数值", "指标值", "值", "判断值", "标度"),
    "numerator": ("分子", "事件数", "events"),
    "denominator": ("分母", "暴露量", "exposure"),
    "n": ("样本量", "样本数"),
    "mean": ("均值", "平均值", "average"),
    "sd": ("标准差", "std"),
    "expert": ("专家", "专家编号"),
    "credibility": ("专家权重", "可信度"),
    "a": ("甲", "指标甲"),
    "b": ("乙", "指标乙"),
}
CHINESE = {column: names[0] for column, names in ALIASES.items() if not names[0].isascii()}


def plain(header: str) -> str:
    """Header as compared: full width, case, spaces and underscores do not matter."""
    return unicodedata.normalize("NFKC", header).casefold().replace(" ", "").replace("_", "")


def names_of(column: str) -> tuple[str, ...]:
    """Every header accepted for a canonical column."""
    return (column, *ALIASES.get(column, ()))


def shown(columns: Iterable[str]) -> str:
    """Columns as named in a message: `unit (部门)`."""
    return ", ".join(f"{c} ({CHINESE[c]})" if c in CHINESE else c for c in columns)
