"""The indicator library, the questionnaire and the checklist are complete, consistent and usable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from svclib import framework
from svclib.framework.names import ALIASES
from svclib.framework.scoring import parse_score

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "library"
LIBRARY = pd.read_csv(FOLDER / "指标库.csv", dtype=str).fillna("")
ITEMS = pd.read_csv(FOLDER / "问卷题项.csv", dtype=str).fillna("")
CHECKS = pd.read_csv(FOLDER / "检查细则.csv", dtype=str).fillna("")
PLAN = framework.load(FOLDER / "framework.yaml")
# What rules on service evaluation ask for, and the indicator that answers.
ASKED = {
    "customer satisfaction": "总体满意度", "response time": "响应时间", "handling time": "处理时间",
    "resolution time": "解决时间", "accuracy": "服务准确率", "completeness": "资料完整率",
    "professionalism": "专业水平", "warmth and courtesy": "热情礼貌", "patience": "耐心细致",
    "effect": "服务效果", "stability": "服务稳定性", "innovation": "创新举措数",
    "complaint handling": "投诉按时处理率", "complaint feedback": "投诉反馈率", "repeats": "重复投诉率",
    "task completion": "任务完成率", "budget execution": "预算执行率", "saving": "节约措施成效",
    "accident rate": "安全事故率", "hygiene": "卫生达标率", "training": "培训参与率",
    "skill test": "技能考核通过率", "failure rate": "设备故障率", "MTTR": "平均修复时间",
    "MTBF": "平均无故障时间", "availability": "设备可用率", "process time": "流程周期",
    "process cost": "流程成本", "process compliance": "流程合规率", "team communication": "团队协作",
    "resource utilisation": "资源利用率", "checklist": "检查合格率",
}  # fmt: skip


@pytest.mark.parametrize("wanted", ASKED)
def test_every_indicator_the_rules_ask_for_is_there(wanted: str):
    assert ASKED[wanted] in set(LIBRARY["指标"])


def test_every_row_is_complete_and_named_once():
    assert not LIBRARY["指标"].duplicated().any()
    for column in LIBRARY.columns.drop("建议最小有意义变化"):
        assert (LIBRARY[column] != "").all(), column
    assert set(LIBRARY["类型"]) | set(LIBRARY["方向"]) | set(LIBRARY["阶段"]) <= set(ALIASES)


@pytest.mark.parametrize("row", LIBRARY.to_dict("records"), ids=lambda r: r["指标"])
def test_anchors_follow_the_direction_and_reward_the_target(row: dict[str, str]):
    score = parse_score(yaml.safe_load(row["建议锚点"]))
    values = np.array(score.values)
    points = score.points(values)
    assert points.min() >= 0
    assert points.max() == 100
    if row["方向"] == "适中":
        assert points[0] < points.max() > points[-1]
        return
    assert (np.diff(points) * (1 if row["方向"] == "越高越好" else -1) >= 0).all()
    target, warn = (float(score.points(np.array([float(row[c])]))[0]) for c in ("建议目标", "建议预警"))
    assert target > warn


def test_the_plan_uses_the_library_as_it_is():
    known = LIBRARY.set_index("指标")
    for indicator in PLAN.indicators:
        row = known.loc[indicator.name]
        assert (indicator.kind, indicator.better) == (ALIASES[row["类型"]], ALIASES[row["方向"]]), (
            indicator.name
        )
        assert indicator.unit == row["计量单位"].replace("％", "%")
        assert indicator.definition == row["定义"]


def test_the_plan_asks_the_questions_of_the_questionnaire():
    of = ITEMS.set_index("题号")["指标"]
    for indicator in PLAN.indicators:
        assert [of[item] for item in indicator.items] == [indicator.name] * len(indicator.items)
    printed = (FOLDER / "问卷.md").read_text("utf-8")
    for row in ITEMS.to_dict("records"):
        assert f"| {row['题号']} | {row['题目']} |" in printed
    assert set(ITEMS["指标"]) <= set(LIBRARY["指标"])
    assert not ITEMS["题目"].duplicated().any()


def test_the_checklist_has_five_groups_and_tells_what_passes():
    sizes = CHECKS.groupby("组别").size()
    assert len(sizes) == 5
    assert sizes.between(6, 10).all()
    assert (CHECKS["判定为符合的标准"] != "").all()
    assert not CHECKS["编号"].duplicated().any()
    assert set(CHECKS["一票否决"]) == {"是", "否"}


def test_the_criteria_are_written_item_by_item_with_a_count_or_a_limit():
    criteria = CHECKS["判定为符合的标准"]
    assert not criteria.duplicated().any()
    assert criteria.str.contains(r"\d|全部").all()
    for name, standard in zip(CHECKS["检查项"], criteria, strict=True):
        assert name not in standard, f"{name}: the criterion repeats the item"
