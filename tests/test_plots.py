from __future__ import annotations

import io
import struct

import numpy as np
import pandas as pd
import pytest
import result_frames as rf
from matplotlib import image
from matplotlib.colors import to_hex, to_rgb

from svclib import plots, tables
from svclib.errors import ParamError
from svclib.plots import style


def waterfall(contributions, levers, grades, lang, label, **more):
    mine = {"contributions": contributions, "levers": levers, "grades": grades}
    return plots.grade_waterfall(mine, lang, label, **more)


EVERY = {
    plots.response_profile: (rf.PROFILE, {}),
    plots.missing_items: (rf.ITEMS, {}),
    plots.flag_matrix: (rf.FLAGGED, rf.UNUSUAL, {}),
    plots.reliability_forest: (rf.RELIABILITY, {"policy": 0.7}),
    plots.invariance_ladder: (rf.INVARIANCE, {}),
    plots.weights: (rf.WEIGHTS, rf.EXPERTS, {}),
    plots.consistency: (rf.CONSISTENCY, {}),
    plots.score_heatmap: (rf.TOTALS, rf.GRADES, {}),
    plots.grade_ladder: (rf.GRADES, rf.TOTALS, {"scale": rf.SCALE}),
    plots.probability_bars: (rf.PROBABILITY, {"scale": rf.SCALE}),
    plots.grade_odds: (rf.STABILITY, {"scale": rf.SCALE}),
    plots.ranks: (rf.RANKS, {}),
    plots.tornado: (rf.DROP_ONE, {"score": 86.5, "scale": rf.SCALE}),
    plots.contribution_bars: (rf.CONTRIBUTIONS, {}),
    waterfall: (rf.CONTRIBUTIONS, rf.LEVERS, rf.GRADES[:1].assign(adjustment=0.0), {"scale": rf.SCALE}),
    plots.subject_dumbbells: (rf.SUBJECT_GAPS, {}),
    plots.change_forest: (rf.CHANGES, {}),
    plots.slope: (rf.HISTORY, {"scale": rf.SCALE}),
    plots.targets_dots: (rf.TARGETS, {}),
    plots.target_tracker: (rf.TARGETS, {}),
    plots.return_rates: (rf.COLLECTION, {}),
    plots.channel_mix: (rf.MIX, {}),
    plots.authenticity: (rf.AUTHENTICITY, {}),
    plots.distribution: (rf.DISTRIBUTION, {}),
    plots.reference_dots: (rf.AGAINST, rf.REFERENCES, {}),
}


def draw(function, lang, *, empty=False, **more):
    *frames, options = EVERY[function]
    used = [frame.iloc[:0] if empty else frame for frame in frames]
    return function(*used, lang, rf.label, **options, **more)


def texts(chart) -> list[str]:
    found = [text.get_text() for ax in chart.axes for text in ax.texts]
    for ax in chart.axes:
        found += [label.get_text() for label in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        found += [ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()]
        if ax.get_legend() is not None:
            found += [text.get_text() for text in ax.get_legend().get_texts()]
    return found


def lines(chart, points: int) -> list:
    """Lines drawn through so many points, over all panels."""
    return [line for ax in chart.axes for line in ax.lines if len(line.get_xdata()) == points]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_every_figure_draws_in_both_languages_without_a_missing_glyph(function, lang):
    chart = draw(function, lang, title="结论写在标题里" if lang == "zh" else "The title says the finding")
    data, metadata = chart._repr_png_()
    width, _ = struct.unpack(">II", data[16:24])
    assert width == int(16 / 2.54 * 150)
    assert metadata == {"alt": chart.alt}
    title, *_ = said = chart.alt.splitlines()
    assert title == chart.get_suptitle()
    assert len(said) == 3, "title, caption, and what the rows say"


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_no_data_is_said_in_the_language_of_the_reader(function):
    chart = draw(function, "zh", empty=True, title="标题")
    assert "没有可显示的数据" in texts(chart)
    assert chart.alt == "标题\n没有可显示的数据"
    assert "No data to show" in texts(draw(function, "en", empty=True))


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_english_figures_hold_no_chinese(function):
    chart = draw(function, "en")
    assert not [t for t in [*texts(chart), chart.alt] if any("\u4e00" <= ch <= "\u9fff" for ch in t)]


def test_same_frame_gives_the_same_bytes():
    first, second = (draw(plots.grade_ladder, "zh")._repr_png_()[0] for _ in range(2))
    assert first == second


def test_a_figure_shown_is_the_one_matplotlib_lays_out_also_when_shown_again():
    plain, chart = (draw(plots.grade_ladder, "zh") for _ in range(2))
    for _ in range(2):
        plain.savefig(buffer := io.BytesIO(), format="png")
        first, second = (image.imread(io.BytesIO(png)) for png in (buffer.getvalue(), chart._repr_png_()[0]))
        assert (first == second).all()


def test_the_ladder_prints_every_grade_and_hatches_the_limited_one():
    chart = draw(plots.grade_ladder, "zh")
    (ax,) = chart.axes
    assert {"良好", "不合格 (一票否决)", "暂不评级 (样本不足)"} <= {text.get_text() for text in ax.texts}
    assert len([patch for patch in ax.patches if patch.get_hatch()]) == 1
    dots = {line.get_xdata()[0]: line for line in lines(chart, 1)}
    assert to_hex(dots[86.2].get_markerfacecolor()).upper() == "#56B4E9"
    assert to_hex(dots[79.7].get_markerfacecolor()).upper() == "#A33B00", "the final grade"
    assert to_rgb(dots[84.0].get_markerfacecolor()) == (1, 1, 1)
    assert [84.2, 88.2] in [list(line.get_xdata()) for line in lines(chart, 2)]


def test_the_ladder_hatches_what_a_rule_of_the_year_holds_but_not_what_a_buffer_keeps():
    held = rf.GRADES.replace({"reason": {"veto": "annual_rule"}})
    kept = rf.GRADES.replace({"reason": {"veto": "buffer"}})
    hatched = []
    for frame in (held, kept):
        (ax,) = plots.grade_ladder(frame, rf.TOTALS, "zh", rf.label, scale=rf.SCALE).axes
        hatched.append(len([patch for patch in ax.patches if patch.get_hatch()]))
    assert hatched == [1, 0]


def test_the_waterfall_runs_from_100_to_the_score_and_on_to_the_next_cut():
    (ax,) = draw(waterfall, "zh").axes
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        *("满分", "处理率", "服务态度", "公布得分"),
        *("处理率", "服务态度"),
    ]
    bars = [(round(p.get_x(), 9), round(p.get_x() + p.get_width(), 9)) for p in ax.patches[len(rf.SCALE) :]]
    assert bars[1:3] == [(92.2, 100), (86.2, 92.2)]
    assert bars[3][1] == 86.2
    assert bars[4:] == [(86.2, 89.2), (89.2, 90.4)]
    assert [bool(p.get_hatch()) for p in ax.patches[len(rf.SCALE) :]] == [False] * 4 + [True] * 2
    assert "86.20 良好" in texts(draw(waterfall, "zh"))


def test_a_waterfall_without_a_grade_says_so():
    row = rf.GRADES[:1].assign(adjustment=0.0, status="not_reported", grade="", published=np.nan)
    chart = waterfall(rf.CONTRIBUTIONS, rf.LEVERS.iloc[:0], row, "zh", rf.label, scale=rf.SCALE)
    assert "暂不评级" in texts(chart)


def test_drivers_within_chance_are_hollow():
    (chart,) = [plots.drivers(rf.DRIVERS, "zh", rf.label)]
    dots = [line for line in chart.axes[0].lines if line.get_marker() == "o"]
    assert [to_hex(dot.get_markerfacecolor()) for dot in dots] == [style.SERIES[0].lower(), "#ffffff"]
    assert "85.0% (超出偶然)" in chart.alt
    assert "合计解释41.0%，120份完整答卷" in chart.alt
    assert plots.drivers(rf.DRIVERS.assign(share=np.nan), "zh", rf.label).alt == "没有可显示的数据"


def test_evaluators_apart_have_a_dark_line_and_its_number():
    chart = draw(plots.subject_dumbbells, "zh")
    joins = {tuple(line.get_ydata()): to_hex(line.get_color()) for line in lines(chart, 2)}
    assert joins == {(0, 0): style.INK, (1, 1): style.LIGHT.lower()}
    assert "8.0" in texts(chart)
    assert "客户比内部监督低8.0" in chart.alt


def test_fifty_units_stand_closer_together():
    assert style.lines(12) == 12
    assert style.lines(51) == pytest.approx(20 + 0.6 * 31)


def test_changes_have_a_panel_per_measure_and_verdicts_a_colour_and_a_marker():
    chart = draw(plots.change_forest, "zh", order=["服务态度", "处理率", "修复时长", "total"])
    assert [ax.get_xlabel() for ax in chart.axes] == [
        "变化（分，向右为改善）",
        "变化（个百分点，向右为改善）",
        "变化（分钟，向左为改善）",
        "变化（百分制得分，向右为改善）",
    ]
    marks = {line.get_xdata()[0]: line for line in lines(chart, 1)}
    assert (marks[0.3].get_color(), marks[0.3].get_marker()) == ("#0072B2", "^")
    assert (marks[3.3].get_color(), marks[3.3].get_marker()) == ("#D55E00", "v")
    band = chart.axes[0].patches[0]
    assert (band.get_x(), band.get_width()) == (-0.2, 0.4)


def test_an_inconclusive_change_is_a_hollow_grey_dot():
    frame = rf.table("changes", rf.change(verdict="inconclusive", strength=""))
    mark, *_ = lines(plots.change_forest(frame, "zh", rf.label), 1)
    assert (mark.get_color(), mark.get_marker(), mark.get_markerfacecolor()) == (style.MUTED, "o", "white")


def test_a_change_without_mid_has_no_band_and_without_interval_no_line():
    unknown = dict.fromkeys(("mid", "ci_low", "ci_high"), np.nan)
    frame = rf.table("changes", rf.change(verdict="not_judged", strength="", **unknown))
    chart = plots.change_forest(frame, "zh", rf.label)
    assert not chart.axes[0].patches
    assert [line.get_color() for line in lines(chart, 1)] == [style.MUTED]
    assert [line.get_color() for line in lines(chart, 2)] == [style.INK], "the zero line alone"


def test_probabilities_stack_to_one_hundred_in_grade_colours():
    (ax,) = draw(plots.probability_bars, "zh").axes
    assert [bar.get_x() + bar.get_width() for bar in ax.containers[-1]] == pytest.approx([100, 100])
    shown = [to_hex(bars[0].get_facecolor()).upper() for bars in ax.containers]
    assert shown == ["#0B4F8A", "#56B4E9", "#E69F00", "#A33B00"]
    assert {text.get_text() for text in ax.texts} == {"93%", "90%", "10%"}


def test_heatmap_prints_scores_and_the_grade():
    (ax,) = draw(plots.score_heatmap, "zh", order=["运行安全", "客户体验"]).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["运行安全", "客户体验", "总分"]
    assert [text.get_text() for text in ax.texts][-3:] == ["良好", "暂不评级", "不合格"]
    printed = [text.get_text() for text in ax.texts][:-3]
    assert printed == ["86.2", "86.2", "86.2", "84.0", "84.0", "79.7", "79.7", "79.7"], (
        "no total without a grade"
    )


def test_many_dimensions_become_rows_of_the_heatmap():
    nodes = [f"维度{k}" for k in range(9)]
    wide = pd.concat([rf.TOTALS, *(rf.TOTALS[rf.TOTALS["node"] == "客户体验"].assign(node=n) for n in nodes)])
    (ax,) = plots.score_heatmap(wide, rf.GRADES, "zh", rf.label, order=[*nodes, "客户体验"]).axes
    heads = [label.get_text() for label in ax.get_xticklabels()]
    assert heads == ["保洁部\n良好", "餐饮部\n暂不评级", "动力部\n不合格"]
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert (rows[0], rows[-1], len(rows)) == ("维度0", "总分", 12)


def test_a_narrow_history_is_not_blown_up():
    one = rf.HISTORY[rf.HISTORY["unit"] == "保洁部"]
    low, high = plots.slope(one, "zh", rf.label, scale=rf.SCALE).axes[0].get_ylim()
    assert high - low >= 10
    top = one.assign(score=[99.9, 100.0])
    low, high = plots.slope(top, "zh", rf.label, scale=rf.SCALE).axes[0].get_ylim()
    assert (low, high) == pytest.approx((91, 101))


def test_every_dimension_is_followed_by_its_indicators():
    (ax,) = draw(plots.weights, "zh", order=["运行安全", "客户体验", "服务态度", "事故率"]).axes
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["运行安全", "事故率", "客户体验", "服务态度"]


def test_a_target_range_shows_both_edges_it_was_judged_by():
    chart = plots.targets_dots(rf.TARGETS.assign(target=[4.3, 3.5]), "zh", rf.label)
    dashed = [line.get_xdata()[0] for line in lines(chart, 2) if line.get_linestyle() == "--"]
    assert dashed == [4.3, 3.5]


def test_reliability_below_policy_is_marked():
    chart = draw(plots.reliability_forest, "zh")
    marks = {line.get_xdata()[0]: line for line in lines(chart, 1)}
    assert marks[0.62].get_marker() == "v"
    assert marks[0.84].get_marker() == "o"
    assert "0.84 [0.81, 0.87]  n=412" in texts(chart)


def test_experts_are_dots_and_the_group_is_not_drawn_twice():
    chart = draw(plots.weights, "zh")
    dots = [sorted(line.get_xdata()) for line in lines(chart, 2) if line.get_marker() == "o"]
    assert sorted(dots) == [pytest.approx([0.3, 0.45]), pytest.approx([0.55, 0.7])]
    assert "0.600 (0.600)" in texts(chart)


def test_experts_over_the_limit_are_named():
    assert "CR=0.243 超过上限" in texts(draw(plots.consistency, "zh"))


def test_targets_are_hollow_when_uncertain():
    marks = {line.get_xdata()[0]: line for line in lines(draw(plots.targets_dots, "zh"), 1)}
    assert to_rgb(marks[4.4].get_markerfacecolor()) == (1, 1, 1)
    assert to_hex(marks[4.0].get_markerfacecolor()).upper() == "#D55E00"


def test_targets_that_were_not_judged_are_not_drawn_and_a_wide_interval_is_cut_off():
    wide = rf.TARGETS.assign(ci_low=[4.2, -50.0])
    chart = plots.targets_dots(wide, "zh", rf.label)
    low, high = chart.axes[0].get_xlim()
    assert (low, high) == pytest.approx((3.9, 4.5))
    unknown = rf.TARGETS.assign(status=["met", "small_sample"])
    assert "餐饮部" not in plots.targets_dots(unknown, "zh", rf.label).alt


def test_all_units_together_are_a_dashed_line_without_grades():
    whole = rf.HISTORY.assign(unit="*", grade="").drop_duplicates(["cycle", "unit"])
    (ax,) = plots.slope(whole, "zh", rf.label, scale=rf.SCALE).axes
    assert "--" in [line.get_linestyle() for line in lines(ax.figure, 2)]
    assert not [dots for dots in ax.collections if len(dots.get_offsets()) > 1]


def test_largest_loss_stands_first():
    (ax,) = draw(plots.contribution_bars, "zh").axes
    assert [bar.get_width() for bar in ax.containers[0]] == [7.8, 6.0]


def test_chinese_without_the_font_is_refused_and_english_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "FONT", tmp_path / "absent.otf")
    with pytest.raises(ParamError, match=r"absent.otf is missing, so Chinese would be printed as boxes"):
        plots.use_style("zh")
    plots.use_style("en")
    with pytest.raises(ParamError, match="language 'fr'"):
        plots.use_style("fr")


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_grades_have_different_colours_from_blue_to_brown(n):
    colours = list(style.grade_colours([f"g{k}" for k in range(n)]).values())
    assert len(set(colours)) == n
    assert colours[0] == "#0B4F8A"
    assert n == 1 or colours[-1] == "#A33B00"


def test_wrapping_counts_a_chinese_character_as_two_and_keeps_words():
    assert style.wrap("后勤服务质量考核", 8) == "后勤服务\n质量考核"
    assert style.wrap("Customer experience now", 10) == "Customer\nexperience\nnow"
    wrapped = style.wrap("评价 of 服务质量 2026Q2 结果", 10).split("\n")
    assert all(tables.text_width(line) <= 10 for line in wrapped)


def test_a_row_name_has_two_lines_at_most_so_that_rows_cannot_overlap():
    long = "Maintenance of streets, sidewalks and infrastructure in every part of the city"
    chart = plots.missing_items(rf.ITEMS, "en", lambda name, _: long if name == "q01" else name)
    name = chart.axes[0].get_yticklabels()[0]
    assert (name.get_text().count("\n"), name.get_fontsize()) == (1, 7.5)
    assert name.get_text().replace("\n", " ") == long


def test_references_are_named_lines_that_are_said_not_to_be_scored():
    chart = draw(plots.reference_dots, "en")
    attitude = next(ax for ax in chart.axes if "attitude" in ax.get_title(loc="left"))
    (legend,) = chart.legends
    keys = {
        text.get_text(): key.get_linestyle()
        for text, key in zip(legend.get_texts(), legend.get_lines(), strict=True)
    }
    assert sorted(keys) == ["Industry mean", "Peers"]
    drawn = {line.get_linestyle() for line in attitude.lines if list(line.get_xdata()) == [4.1, 4.1]}
    assert drawn == {keys["Industry mean"]}
    bare = plots.reference_dots(rf.AGAINST, rf.REFERENCES.assign(name_en=""), "en", rf.label)
    assert sorted(text.get_text() for text in bare.legends[0].get_texts()) == ["同行", "行业平均"]
    assert "never scored" in legend.get_title().get_text()
    assert "Industry mean 4.1" in chart.alt


def test_history_stands_in_the_order_of_time_it_is_given():
    names = {"2026Q1": "一季度", "2026Q2": "二季度"}
    frame = rf.HISTORY.assign(cycle=rf.HISTORY["cycle"].replace(names))
    for order in (("二季度", "一季度"), ("一季度", "二季度")):
        (ax,) = plots.slope(frame, "zh", rf.label, scale=rf.SCALE, order=order).axes
        assert [t.get_text() for t in ax.get_xticklabels()] == list(order)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_course_of_a_year_prints_every_score_and_the_cuts_it_meets(lang):
    one = rf.HISTORY[rf.HISTORY["unit"] == rf.HISTORY["unit"].iloc[0]]
    chart = plots.course(one, lang, rf.label, scale=rf.SCALE)
    said = texts(chart)
    shown = [f"{tables.fmt(score, 2)} {rf.label('良好', lang)}" for score in one["score"]]
    assert set(shown) <= {text.replace("\n", " ") for text in said}
    assert set(one["cycle"]) <= set(said)
    assert all(text in chart.alt for text in shown)
    width, _ = struct.unpack(">II", chart._repr_png_()[0][16:24])
    assert width < int(16 / 2.54 * 150)  # it stands in a column of the printed page


def test_the_course_stands_in_the_order_of_time_it_is_given():
    names = {"2026Q1": "一季度", "2026Q2": "二季度"}
    frame = rf.HISTORY.assign(cycle=rf.HISTORY["cycle"].replace(names))
    one = frame[frame["unit"] == frame["unit"].iloc[0]]
    (ax,) = plots.course(one, "zh", rf.label, scale=rf.SCALE, order=["一季度", "二季度"]).axes
    assert [t.get_text() for t in ax.get_xticklabels()] == ["一季度", "二季度"]


def test_a_year_without_scores_has_no_course():
    none = rf.HISTORY.assign(score=np.nan)
    assert texts(plots.course(none, "zh", rf.label, scale=rf.SCALE)) == texts(
        plots.slope(none, "zh", rf.label, scale=rf.SCALE)
    )


def test_flags_print_their_number_and_mark_what_stands_out():
    chart = draw(plots.flag_matrix, "zh", order=["餐饮部", "保洁部"])
    assert [t.get_text() for t in chart.axes[0].texts] == ["", "3", "9", "15 ▲"]
    shown = texts(chart)
    assert "直线作答" in shown
    assert "两端交替\n作答" not in shown  # flagged nothing
    assert "保洁部: 短时集中雷同 9, 直线作答 15 ▲" in chart.alt
