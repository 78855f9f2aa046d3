"""Figures of change and of history: what is drawn, in both languages, for few units and for fifty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import result_frames as rf
from test_plots import lines, texts
from test_wording_changes import PARTS

from svclib import plots, tables

TOTALS = rf.CHANGES[rf.CHANGES["level"] == "total"]
EVERY = {
    plots.change_waterfall: (pd.DataFrame(PARTS), {}),
    plots.history_multiples: (rf.HISTORY, {"scale": rf.SCALE}),
    plots.change_slope: (rf.CHANGES, {}),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_every_figure_draws_in_both_languages_and_speaks(function, lang):
    frame, options = EVERY[function]
    chart = function(frame, lang, rf.label, title="x", **options)
    assert chart._repr_png_()[1] == {"alt": chart.alt}
    assert len(chart.alt.splitlines()) == 3
    wide = [t for t in [*texts(chart), chart.alt] if any("\u4e00" <= ch <= "\u9fff" for ch in t)]
    assert bool(wide) == (lang == "zh")
    empty = function(frame.iloc[:0], lang, rf.label, **options)
    assert tables.words(lang)["plots"]["no_data"] in texts(empty)


def test_the_waterfall_of_a_change_leads_from_one_score_to_the_other():
    chart = plots.change_waterfall(pd.DataFrame(PARTS), "zh", rf.label)
    (ax,) = chart.axes
    names = [t.get_text().replace("\n", "") for t in ax.get_yticklabels()]
    assert names == ["2026Q1", "服务态度", "受访构成变化", "其余7项", "2026Q2"]
    bars = ax.patches
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars[1:4]]
    np.testing.assert_allclose(ends, [(80.0, 83.2), (81.7, 83.2), (81.7, 84.5)])
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, True, False, False]
    assert "80.00" in texts(chart)
    assert "+3.20" in texts(chart)


def test_each_unit_has_a_waterfall_of_its_own():
    two = pd.concat([pd.DataFrame(PARTS), pd.DataFrame(PARTS).assign(unit="餐饮部")])
    assert [ax.get_title(loc="left") for ax in plots.change_waterfall(two, "en", rf.label).axes] == [
        "Cleaning",
        "Catering",
    ]


def many(n: int) -> pd.DataFrame:
    units = [f"单位{k}" for k in range(n)]
    return pd.concat([rf.HISTORY[rf.HISTORY["unit"] == rf.UNITS[0]].assign(unit=u) for u in units])


@pytest.mark.parametrize(("n", "across"), [(5, 4), (51, 6)])
def test_small_figures_share_their_axis_and_wrap(n, across):
    chart = plots.history_multiples(many(n), "zh", rf.label, scale=rf.SCALE)
    shown = [ax for ax in chart.axes if ax.axison]
    assert len(shown) == n
    assert len({round(ax.get_position().y0, 3) for ax in shown}) == -(-n // across)
    assert len({ax.get_ylim() for ax in shown}) == 1
    assert shown[-1].get_title(loc="left").endswith("84.0")


def test_all_units_together_have_no_small_figure_and_a_missing_score_no_dot():
    frame = pd.concat([rf.HISTORY, rf.HISTORY.iloc[:1].assign(unit="*")])
    frame.loc[frame["cycle"] == "2026Q1", "score"] = np.nan
    chart = plots.history_multiples(frame, "zh", rf.label, scale=rf.SCALE)
    assert len(chart.axes) == 2
    assert len(lines(chart, 1)) == 2


def test_lines_of_claimed_changes_are_thick_and_declines_dashed():
    rows = [
        rf.change(unit=u, level="total", node="total", kind="composite", measure="", verdict=v)
        for u, v in zip(rf.UNITS, ("improved", "declined", "inconclusive"), strict=True)
    ]
    chart = plots.change_slope(rf.table("changes", *rows), "zh", rf.label)
    drawn = [line for line in lines(chart, 2) if list(line.get_xdata()) == [0, 1]]
    looks = {(line.get_marker(), line.get_linewidth(), line.get_linestyle()) for line in drawn}
    assert looks == {("^", 2.0, "-"), ("v", 2.0, "--"), ("o", 0.9, "-")}
    assert [line.get_markerfacecolor() for line in drawn].count("white") == 1
    assert {"改善", "变差", "尚不能判断"} <= set(texts(chart))
    assert {t.get_text() for t in chart.axes[0].get_xticklabels()} == {"2026Q1", "2026Q2"}


def test_the_band_of_the_forest_is_the_minimal_difference_on_both_sides():
    (ax,) = plots.change_forest(TOTALS[TOTALS["mid"].notna()], "zh", rf.label).axes
    assert {(p.get_x(), p.get_width()) for p in ax.patches} == {(-2.0, 4.0)}


def test_what_exceeds_the_rebound_is_drawn_below_the_change():
    net = {"flags": "rtm", "change_beyond_rtm": 0.1, "beyond_low": -0.1, "beyond_high": 0.3}
    chart = plots.change_forest(
        rf.table("changes", rf.change(**net), rf.change(unit="餐饮部")), "zh", rf.label
    )
    assert len([t for t in texts(chart) if "净+0.10 [-0.10, 0.30]" in t]) == 1
    assert "均值回归" in chart.alt
    plain = plots.change_forest(rf.table("changes", rf.change()), "zh", rf.label)
    assert "均值回归" not in plain.alt
