"""Sentences on whether a grade would flip."""

from __future__ import annotations

import result_frames as rf

from svclib import wording


def texts(lang: str) -> list[str]:
    found = wording.robustness(rf.ROBUST, rf.GRADES, lang, rf.label, scale=rf.SCALE)
    assert found["table"].eq("robustness").all()
    return found["text"].tolist()


def test_a_grade_that_a_weight_would_lift():
    first, _ = texts("zh")
    assert first.startswith("保洁部得分86.20，落在良好区间（80≤得分<90）。")
    assert "评为良好的概率为81.0%（只换受访者93.0%，只换权重88.0%）" in first
    assert "要把“过程”由40.0%改为31.3%，才会升为优秀" in first or "由40.0%改为31.2%" in first
    assert first.endswith("9种其他做法中，7种等级不变。")
    assert "to raise it to Excellent" in texts("en")[0]


def test_a_limit_leaves_weights_no_say():
    _, second = texts("zh")
    assert (
        "概率都在99.9%以上。等级由限制条款决定，改动任何一项权重都不会变。9种其他做法下等级全部不变。"
        in second
    )
    bare = rf.ROBUST.assign(probability=float("nan"), p_both=float("nan"))
    told = wording.robustness(bare, rf.GRADES, "zh", rf.label, scale=rf.SCALE)["text"]
    assert told.str.contains("抽样的影响无从得知；权重作合理变动时").all()
    assert not told.str.contains("—").any()
    assert wording.flips(rf.ROBUST, rf.GRADES, "zh", rf.label)[1] == "无（由条款决定）"


def test_units_without_a_grade_have_nothing_to_flip():
    told = wording.flips(rf.ROBUST, rf.GRADES, "en", rf.label)
    assert len(told) == len(rf.GRADES)
    assert told[2:] == [""] * (len(rf.GRADES) - 2)


def test_other_choices_name_who_moves():
    found = wording.choices(rf.SCENARIOS, "zh", rf.label)["text"].tolist()
    assert found[0].startswith("各层等权：保洁部为90.10分、优秀")
    assert found[1].endswith("1个单位的等级都不变。")
