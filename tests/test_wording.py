from __future__ import annotations

import json
import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
import result_frames as rf

from svclib import columns, tables, wording
from svclib.errors import ParamError

ALLOWED = {"R", "CFI", "RMSEA", "SRMR", "KMO", "AVE", "HTMT", "q", "p", "n", "CR"}  # symbols, not words
NUMBER = re.compile(r"\d+(?:\.\d+)?")
VERDICTS = [
    *product(("improved", "declined"), ("meaningful", "detected")),
    ("equivalent", ""),
    ("inconclusive", ""),
    ("not_comparable", ""),
    ("not_judged", ""),
]
KINDS = {"rating": "分", "proportion": "%", "rate": "起/千单", "duration": "分钟", "composite": ""}
FLAGS = tuple(tables.words("zh")["codes"]["flags"])


def pair(make, *frames, **options) -> tuple[list[str], list[str]]:
    """Texts in both languages after the checks every sentence must pass."""
    zh, en = (make(*frames, lang, rf.label, **options) for lang in ("zh", "en"))
    assert list(zh.columns) == list(columns.TABLES["claims"].all_columns)
    assert zh["template"].tolist() == en["template"].tolist()
    assert zh["claim"].tolist() == en["claim"].tolist()
    for one, other in zip(zh["text"], en["text"], strict=True):
        check(one, other)
    return zh["text"].tolist(), en["text"].tolist()


def check(zh: str, en: str) -> None:
    assert sorted(NUMBER.findall(zh)) == sorted(NUMBER.findall(en)), f"{zh}\n{en}"
    assert set(re.findall(r"[A-Za-z]+", zh)) <= ALLOWED, zh
    assert not re.findall(r"[\u4e00-\u9fff]", en), en
    assert "{" not in zh + en
    assert "显著" not in zh
    assert "由于" not in zh
    assert not re.search(r"because of|no change|proves|significantly", en)


@pytest.mark.parametrize(("verdict", "strength"), VERDICTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_verdict_kind_and_direction_renders_alike_in_both_languages(verdict, strength, kind):
    values = [(4.1, 4.4), (4.4, 4.1), (4.4, 4.401)]
    rows = [
        rf.change(
            unit=unit,
            node="total" if kind == "composite" else "服务态度",
            kind=kind,
            measure=KINDS[kind],
            level="total" if kind == "composite" else "indicator",
            estimate0=before,
            estimate1=after,
            change=after - before,
            verdict=verdict,
            strength=strength,
            mid=mid,
            required_n=needed,
            mid_on="percent" if kind == "rate" else "unit",
        )
        for (before, after), (unit, mid, needed) in product(
            values, [("保洁部", 0.2, 312.4), ("餐饮部", np.nan, np.nan)]
        )
        if mid > 0 or strength != "meaningful"  # without an MID nothing can be shown to exceed it
    ]
    for row in rows:
        zh, en = pair(wording.changes, rf.table("changes", row))
        assert tables.code("verdict", verdict, "zh") in zh[0] or verdict in ("not_comparable", "not_judged")
        changed = verdict in ("improved", "declined")
        assert zh[0].endswith("不能据此断定由整改措施引起。") == changed
        assert en[0].endswith("cannot show that the measures caused the change.") == changed


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_has_its_sentence(flag):
    frame = rf.table(
        "changes", rf.change(verdict="inconclusive", strength="", flags=f"{flag};mid_not_declared")
    )
    zh, _ = pair(wording.changes, frame)
    words = tables.words("zh")
    told = words["templates"]["flag"][flag].partition("{rtm")[0]  # before its first number
    assert told.format(**words["period"]["cycle"]) in zh[0]


@pytest.mark.parametrize("reason", sorted(set(tables.words("zh")["codes"]["reason"])))
def test_every_reason_can_be_said(reason):
    pair(wording.changes, rf.table("changes", rf.change(verdict="not_judged", strength="", reason=reason)))


def test_improvement_reads_as_agreed():
    zh, en = pair(wording.changes, rf.CHANGES[rf.CHANGES["node"] == "处理率"])
    assert zh[0].startswith(
        "保洁部“处理率”改善，差异有统计学意义，但不能断定超过最小有意义变化2个百分点：由92.10%升至95.30%"
        "（变化+3.20个百分点，95%置信区间[0.90, 5.50]，校正后p<0.001；n=120、131）。"
    )
    assert "rose from 92.10% to 95.30% (change +3.20 percentage points, 95% CI [0.90, 5.50]" in en[0]


def test_direction_words_are_for_raw_values_only():
    zh, en = pair(wording.changes, rf.CHANGES[rf.CHANGES["node"] == "修复时长"])
    assert "变差" in zh[0]
    assert "由15.10分钟延长至18.40分钟" in zh[0]
    assert "lengthened from 15.10 min to 18.40 min" in en[0]


def test_equivalent_is_shown_and_inconclusive_names_what_would_decide():
    zh, _ = pair(wording.changes, rf.CHANGES[rf.CHANGES["level"] == "total"])
    by_verdict = dict(zip(("whole", "equivalent", "inconclusive"), zh, strict=True))
    assert "在±2分之内" in by_verdict["equivalent"]
    assert "并非证据不足" in by_verdict["equivalent"]
    assert "每期约需312份有效样本才能识别2分的变化" in by_verdict["inconclusive"]
    assert "持平" not in by_verdict["inconclusive"]


def test_decimals_follow_the_indicator():
    text = wording.changes(rf.CHANGES, "zh", rf.label, decimals={"服务态度": 1}).set_index("claim")["text"]
    assert "由4.1分升至4.4分" in text.filter(like="服务态度").iloc[0]
    assert "由15.10分钟" in text.filter(like="修复时长").iloc[0]


def test_a_claim_leads_back_to_its_row():
    claims = wording.changes(rf.CHANGES, "zh", rf.label)
    columns.checked("claims", claims)
    for claim in claims.itertuples():
        key = json.loads(claim.key)
        same = (rf.CHANGES[list(key)] == pd.Series(key)).all(axis=1)
        assert same.sum() == 1


GRADE = {"cycle": rf.CYCLE, "unit": "保洁部", "n": 6, "coverage": 0.62}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {
                "published": 86.2,
                "by_cut": "良好",
                "grade": "良好",
                "reason": "by_cut",
                "next_grade": "优秀",
                "distance": 3.8,
            },
            "得分86.20，落在良好区间（80≤得分<90）。距优秀还差3.80分。",
        ),
        (
            {"published": 93.0, "by_cut": "优秀", "grade": "优秀", "reason": "by_cut"},
            "得分93.00，落在优秀区间（得分≥90）。",
        ),
        (
            {"published": 51.0, "by_cut": "不合格", "grade": "不合格", "reason": "by_cut"},
            "得分51.00，落在不合格区间（得分<60）。",
        ),
        (
            {
                "published": 86.2,
                "by_cut": "良好",
                "grade": "不合格",
                "reason": "veto",
                "limited_by": "事故率",
                "clause": "第十二条",
                "limit_value": 2.0,
                "found_value": 3.1,
            },
            "得分86.20，初评为良好；依据第十二条：“事故率”为3.1，高于界值2，一票否决，定为不合格。",
        ),
        (
            {
                "published": 86.2,
                "by_cut": "良好",
                "grade": "合格",
                "reason": "cap",
                "limited_by": "客户体验",
                "limit_value": 60.0,
                "found_value": 55.25,
            },
            "得分86.20，初评为良好；“客户体验”为55.25，低于界值60，限档为合格。",
        ),
        (
            {
                "published": 86.2,
                "by_cut": "良好",
                "grade": "合格",
                "reason": "cap",
                "limited_by": "客户体验",
                "limit_value": 60.0,
                "found_value": 60.0,
            },
            "得分86.20，初评为良好；“客户体验”为60，达到界值60，限档为合格。",
        ),
        ({"status": "small_sample", "reason": "small_sample"}, "有效样本不足（n=6），暂不评级。"),
        ({"status": "not_reported", "reason": "not_reported"}, "有指标缺报，暂不评级。"),
        ({"status": "low_coverage", "reason": "low_coverage"}, "数据覆盖率仅62.0%，暂不评级。"),
    ],
)
def test_every_grade_reason_reads_as_agreed(row, words):
    frame = rf.table("grades", GRADE | {"status": "graded"} | row)
    zh, _ = pair(wording.grades, frame, scale=rf.SCALE)
    assert zh == [f"保洁部{words}"]


def test_a_limited_grade_says_that_points_alone_do_not_lift_it():
    zh, _ = pair(wording.grades, rf.GRADES[rf.GRADES["reason"] == "veto"], scale=rf.SCALE)
    assert zh[0].endswith("定为不合格。仅就分数线而言，距良好还差0.30分。")


@pytest.mark.parametrize("reason", ["veto", "cap"])
@pytest.mark.parametrize("clause", ["", "第十二条"])
def test_a_limit_on_a_grade_by_targets_does_not_speak_of_cuts(reason, clause):
    held = {"reason": reason, "clause": clause, "n_targets": 5, "n_met": 4, "distance": np.nan}
    frame = rf.GRADES[rf.GRADES["reason"] == "veto"].assign(**held)
    (zh,), (en,) = pair(wording.grades, frame, scale=rf.SCALE)
    assert "初评为合格" in zh
    assert "first graded Pass" in en
    assert "分数线" not in zh
    assert "cut" not in en


def test_grade_sentence_adds_the_probability_of_that_grade():
    zh, _ = pair(wording.grades, rf.GRADES, scale=rf.SCALE, probability=rf.PROBABILITY)
    assert zh[1].endswith("考虑抽样误差，评为不合格的概率为90.0%（模拟10000次）。")
    assert sum("概率" in text for text in zh) == 2, "none for the unit without a grade"


def test_invariance_says_which_level_broke_and_where_it_lies():
    zh, en = pair(wording.invariance, rf.INVARIANCE)
    assert "两期测量不等值（截距等值：ΔCFI=-0.043" in zh[1]
    assert "差异最大的题项是q03。放开q03后其余题项等值，因子均值之差为+0.12个标准差" in zh[1]
    assert "各渠道测量不等值" in zh[0]
    assert "not measured the same in both cycles (Scalar (intercepts): ΔCFI = -0.043" in en[1]
    held = rf.INVARIANCE.assign(judgement="pass")
    assert "在两期测量等值，得分可以比较" in pair(wording.invariance, held)[0][1]
    untold = rf.INVARIANCE.assign(judgement="not_testable", note="two_items")
    assert "无法检验" in pair(wording.invariance, untold)[0][0]
    assert "原因：仅两个题项。" in pair(wording.invariance, untold)[0][0]
    assert "不能由一个因子说明" in pair(wording.invariance, untold.assign(note="", cfi=0.8, srmr=0.1))[0][0]
    unsure = rf.INVARIANCE.assign(judgement=["pass", "not_testable", "pass", "pass"] * 2)
    assert "样本不足以判断" in pair(wording.invariance, unsure)[0][0]


def test_reliability_and_credibility():
    zh, en = pair(wording.reliability, rf.RELIABILITY, policy=0.7)
    assert "内部监督“客户体验”的克隆巴赫α系数为0.62" in zh[0] + zh[1]
    assert any(text.endswith("达到方案要求的0.70。") for text in zh)
    assert any("below the required 0.70" in text for text in en)
    lost = rf.RELIABILITY.assign(estimate=np.nan)
    assert all("无法计算" in text for text in pair(wording.reliability, lost, policy=0.7)[0])
    zh, _ = pair(wording.credibility, rf.PROFILE, rf.RELIABILITY, rf.GRADES)
    assert zh == [
        "收回问卷146份，剔除9份，有效137份。信度最低的是内部监督“客户体验”，克隆巴赫α系数为0.62。1个单位暂不评级。"
    ]
    none = rf.PROFILE.assign(n_rows=0, n_excluded=0, n=0)
    zh, en = pair(wording.credibility, none, rf.RELIABILITY.iloc[:0], rf.GRADES)
    assert zh == ["本期没有问卷，全部依据业务记录。1个单位暂不评级。"]
    assert en[0].startswith("No questionnaires in this cycle")


def test_consistency_names_the_expert_and_the_judgement_to_revisit():
    zh, en = pair(wording.consistency, rf.CONSISTENCY, rf.REVIEW)
    assert "维度层之下的群体判断CR=0.013，未超过上限0.1。" in zh
    assert any("建议复核：客户体验比运行安全=1/5，由其余判断推得约4.9；改后CR=0.021。" in t for t in zh)
    assert sum("Expert 3" in t for t in en) == 1
    assert not any("Expert 1" in t for t in en)


def test_weights_screening_targets_and_alerts():
    zh, _ = pair(wording.weights, rf.WEIGHTS)
    assert "维度层之下各项权重（层次分析法）：客户体验0.600、运行安全0.400。" in zh
    zh, _ = pair(wording.screening, rf.SCREENING)
    assert zh == ["收回问卷146份，“作答过快”标记5份，剔除5份。"]
    zh, _ = pair(wording.targets, rf.TARGETS)
    assert "保洁部“服务态度”为4.40分，达标（目标值4.3分）。置信区间[4.20, 4.60]分跨过目标值，把握不足。" in zh
    zh, en = pair(wording.alerts, rf.ALERTS)
    assert "红色预警：动力部“事故率”为3.10起/千单，触及一票否决界值2起/千单。责任人：张三。" in zh
    assert "Amber: Cleaning, Handled at 94.10% is below the warning value 95%." in en
    for value, side in ((3.1, "高于"), (1.2, "低于")):
        warned = rf.ALERTS.assign(rule="warn", threshold=2.0, value=value)
        assert any(f"{side}预警值2%。" in text for text in pair(wording.alerts, warned)[0])


@pytest.mark.parametrize("status", ["not_applicable", "not_reported", "small_sample"])
def test_a_target_without_a_value_is_not_judged(status):
    pair(wording.targets, rf.TARGETS.assign(status=status))


def headline(grades, changes, **more):
    return pair(
        wording.headline, {"grades": grades, "changes": changes}, unit_label="部门", scale=rf.SCALE, **more
    )


def test_headline_counts_and_fits():
    zh, _ = headline(rf.GRADES, rf.CHANGES)
    assert zh == [
        "3个部门平均总分82.00，较上期改善：良好1、不合格1、暂不评级1；逐个比较，基本持平1、尚不能判断1。"
    ]
    zh, _ = headline(rf.GRADES, rf.CHANGES.iloc[:0])
    assert zh == ["3个部门得分79.70～86.20：良好1、不合格1、暂不评级1。"]
    zh, _ = headline(rf.GRADES[rf.GRADES["status"] != "graded"], rf.CHANGES.iloc[:0])
    assert zh == ["1个部门：暂不评级1。"]


def test_the_headline_of_a_year_speaks_of_years():
    zh, en = headline(rf.GRADES, rf.CHANGES, period="year")
    assert "较上年改善" in zh[0]
    assert "better than last year" in en[0]


def test_two_cycles_are_not_counted_together():
    both_cycles = pd.concat([rf.GRADES, rf.GRADES.assign(cycle="2026Q1")])
    with pytest.raises(ParamError, match=r"rows of cycles \['2026Q1', '2026Q2'\]: a sentence speaks of one"):
        headline(both_cycles, rf.CHANGES)


def test_headline_has_at_most_sixty_characters():
    many = pd.concat([rf.GRADES.assign(unit=f"部门{k}", grade=g) for k, g in enumerate(rf.SCALE)])
    verdicts = tables.words("zh")["codes"]["verdict"]
    changes = [
        rf.change(unit=f"u{k}", level="total", node="total", verdict=v) for k, v in enumerate(verdicts)
    ]
    whole = rf.change(unit="*", level="total", node="total", estimate1=81.0)
    zh, _ = headline(many, rf.table("changes", *changes, whole))
    assert len(zh[0]) <= 60
    assert "平均总分81.00" in zh[0]


def both(make, *frames, **options) -> tuple[list, list]:
    """Cards in both languages."""
    zh, en = (make(*frames, lang, rf.label, **options) for lang in ("zh", "en"))
    for one, other in zip(zh, en, strict=True):
        check(" ".join(one), " ".join(other))
    return zh, en


def test_cards_count_the_rows():
    mean = rf.table("history", {"cycle": rf.CYCLE, "unit": "*", "node": "total", "score": 82.955})
    late = pd.DataFrame({"overdue": [True, False, True]})
    found = {"board": rf.BOARD, "alerts": rf.ALERTS, "history": mean, "actions": late}
    zh, _ = both(wording.cards, found, scale=rf.SCALE)
    assert [card.value for card in zh] == ["82.96", "良好1、不合格1", "改善1、变差1、不作判断1", "红1 黄1"]
    assert zh[1].note == "上期：良好1、合格1"
    assert "整改逾期2项" in zh[3].note
    found |= {"board": rf.BOARD.assign(last_grade=""), "history": mean.iloc[:0]}
    zh, _ = both(wording.cards, found, scale=rf.SCALE)
    assert (zh[0].value, zh[1].note) == ("—", "")
    found |= {"board": rf.BOARD.assign(change=float("nan"))}
    zh, _ = both(wording.cards, found, scale=rf.SCALE)
    assert (zh[2].value, zh[2].note) == ("—", "没有可比的上期")


def test_cards_of_one_unit():
    board = rf.BOARD.assign(group_rank=1.0)
    zh, _ = both(wording.unit_cards, board[board["unit"] == "保洁部"], group=3)
    assert [card.value for card in zh] == ["良好", "86.20", "1 / 3", "改善"]
    assert [card.note for card in zh] == [
        "上期：合格",
        "[84.20, 88.20]",
        "组内名次；全部单位中第1名，区间[1, 2]",
        "+2.31",
    ]
    zh, _ = both(wording.unit_cards, rf.BOARD[rf.BOARD["unit"] == "餐饮部"], group=3)
    assert zh[0].value == "样本不足"


@pytest.mark.parametrize("status", ["official", "draft"])
@pytest.mark.parametrize("baseline", ["2026Q1", ""])
def test_masthead_names_cycle_status_and_units(status, baseline):
    facts = {"cycle": rf.CYCLE, "baseline": baseline, "status": status, "units": 3, "unit_label": "部门"}
    zh, en = (wording.masthead(facts, lang, rf.label) for lang in ("zh", "en"))
    assert sorted(NUMBER.findall(zh)) == sorted(NUMBER.findall(en))
    assert "3个部门" in zh
    assert ("征求意见稿" in zh) == (status == "draft")


def test_drivers_name_the_largest_share_and_what_chance_would_do():
    zh, _ = pair(wording.drivers, rf.DRIVERS)
    assert zh == [
        (
            "总分之下各项合起来解释“客户体验”的R²为0.41（120份完整答卷），其中运行安全份额最大，占85.0%"
            "（95%置信区间42.5%～93.5%）。与无关变量相比看不出作用的有：事故率。"
        )
    ]
    zh, _ = pair(wording.drivers, rf.DRIVERS.assign(share=np.nan, note="too_few"))
    assert len(zh) == 1
    assert zh[0].startswith("总分之下解释“客户体验”的份额未能计算：")


def test_at_most_three_decisions_the_veto_first():
    zh, _ = pair(wording.decisions, rf.BOARD)
    assert len(zh) == 3
    assert zh[0] == "动力部触及一票否决：请确认等级，并明确整改责任人与期限。"
    few = pd.concat([rf.BOARD.tail(1).assign(unit=f"{k}", status="small_sample") for k in range(9)])
    zh, _ = pair(wording.decisions, few.assign(reason="", verdict="not_judged"))
    assert zh == ["0、1、2等9个单位暂不评级：请决定补足样本，或本期不予评级。"]
    assert pair(wording.decisions, rf.BOARD.iloc[:0])[0] == ["本期没有需要特别决定的事项。"]


def test_advice_is_the_one_of_the_framework():
    told = pd.DataFrame(
        {"indicator": ["服务态度", "处理率"], "advice": ["公示投诉。", ""], "owner": ["张三", ""]}
    )
    zh = wording.advice(rf.CONTRIBUTIONS, told, "zh", rf.label)
    assert zh["text"].tolist() == ["“服务态度”（失分6.00）：公示投诉。责任人：张三。"]


def test_empty_tables_make_no_sentence_and_no_alert_is_said():
    assert wording.changes(columns.empty("changes"), "zh", rf.label).empty
    zh, _ = pair(wording.alerts, columns.empty("alerts"))
    assert zh == ["没有触及预警值或否决线的指标，也没有变差的统计信号（试用控制限只作提示，不发预警）。"]


def test_every_template_is_reached_or_rendered():
    """Templates that no builder picks by itself, rendered directly."""
    row = {
        "unit": "保洁部",
        "indicator": "服务态度",
        "estimate_all": 4.2,
        "n_all": 140,
        "estimate_kept": 4.25,
        "n_kept": 131,
        "effect": 0.05,
        "parent": "",
        "cr": 0.2,
        "max_cr": 0.1,
        "n_rows": 9,
        "rule": "speed",
        "n_flagged": 1,
        "n_excluded": 0,
        "method": "welch",
        "published": 80.0,
        "by_cut": "良好",
        "grade": "合格",
        "limited_by": "事故率",
        "found_value": 1.0,
        "relation": "1",
        "ungraded": 0,
    }
    for name in (
        "screening.effect",
        "screening.unit",
        "consistency.group_failed",
        "change.method",
        "grade.veto_no_clause",
        "credibility.all_graded",
    ):
        check(*(wording.sentence(name, row, lang, rf.label) for lang in ("zh", "en")))


def test_unknown_template_and_missing_slot_are_refused():
    with pytest.raises(ParamError, match=r"template 'grade.nothing' is not in words/zh.toml; choose one of"):
        wording.sentence("grade.nothing", {}, "zh", rf.label)
    with pytest.raises(ParamError, match=r"template 'grade.next' needs 'distance'; the row has \[\]"):
        wording.sentence("grade.next", {}, "en", rf.label)


def test_a_group_with_its_own_cuts_is_told_by_them():
    row = {"cycle": rf.CYCLE, "unit": "保洁部", "group": "支持", "published": 79.51, "by_cut": "良好",
           "grade": "良好", "status": "graded", "reason": "by_cut", "next_grade": "",
           "adjustment": 0.0}  # fmt: skip
    own = {"支持": {"优秀": 88.0, "良好": 78.0, "合格": 60.0, "不合格": 0.0}}
    zh, _ = pair(wording.grades, rf.table("grades", row), scale=rf.SCALE, own=own)
    assert zh == ["保洁部得分79.51，落在良好区间（78≤得分<88）。"]


def test_interviewers_that_stand_out_are_named_and_not_accused():
    zh, en = pair(wording.interviewers, rf.INTERVIEWERS)
    assert zh == [
        (
            "调查员05收的9份答卷（涉及1个单位），均分与同一单位、同一渠道的其余答卷相差+35.1分"
            "（满分100分，95%置信区间[23.7, 46.4]，校正后p<0.001）。"
            "调查员05所收答卷被标记的占100.0%，其余答卷为18.8%（校正后p<0.001）。宜回访核实，不宜仅凭此下结论。"
        )
    ]
    assert "Call respondents back" in en[0]
    quiet = rf.INTERVIEWERS[~rf.INTERVIEWERS["unusual"]]
    assert pair(wording.interviewers, quiet)[0] == ["没有哪位调查员所收的答卷明显不同于同一单位的其余答卷。"]


def test_the_headline_says_which_grades_hang_on_the_rows_counted():
    zh, _ = pair(wording.screened, rf.HEADLINE)
    assert zh == [
        "剔除对总分影响最大的是保洁部：剔除前81.20，剔除后80.93；把被标记的答卷全部剔除则为79.73。",
        "剔除对信度影响最大的是“服务态度”（客户）：剔除前0.84，剔除后0.85；把被标记的答卷全部剔除则为0.83。",
        (
            "保洁部的等级取决于计入哪些答卷：全部计入为良好（81.20分），按规则剔除后为良好（80.93分），"
            "把被标记的全部剔除为合格（79.73分）。"
        ),
        (
            "餐饮部的等级取决于计入哪些答卷：全部计入为优秀（90.00分），按规则剔除后为优秀（90.10分），"
            "把被标记的全部剔除为暂不评级（90.10分）。"
        ),
    ]
    assert pair(wording.screened, rf.HEADLINE[rf.HEADLINE["stat"] == "alpha"])[0][-1] == (
        "无论计入哪些答卷，各单位等级都不变。"
    )
