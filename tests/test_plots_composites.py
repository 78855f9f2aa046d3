"""Figures on other composites: drawn in both languages, with every number in the alternative text."""

from __future__ import annotations

import pytest
import result_frames as rf

from svclib import plots

UNITS = {"保洁部": (1, 3), "餐饮部": (2, 1)}
COMPOSITES = rf.table(
    "composites",
    *(
        {
            "cycle": rf.CYCLE,
            "unit": unit,
            "method": method,
            "score": 1.0,
            "rank": float(rank),
            "grade": "良好",
        }
        for unit, ranks in UNITS.items()
        for method, rank in zip(("total", "rsr"), ranks, strict=True)
    ),
    {"cycle": rf.CYCLE, "unit": "动力部", "method": "total", "rank": float("nan"), "note": "not_compared"},
)
SPREAD = rf.table(
    "rsr_distribution",
    *(
        {"cycle": rf.CYCLE, "method": "rsr", "rsr": 0.1 * k, "probit": 2.0 + k, "fitted": 0.1 * k, "r": 0.97,
         "grade": grade}
        for k, grade in enumerate(("合格", "良好", "优秀"), 2)
    ),
)  # fmt: skip
FUZZY = rf.table(
    "fuzzy",
    *(
        {"cycle": rf.CYCLE, "unit": "保洁部", "node": "total", "levels": levels, "operator": operator,
         "grade": grade, "membership": share}
        for levels in (1, 2)
        for operator in ("min_max", "product_sum")
        for grade, share in zip(rf.SCALE, (0.2, 0.5, 0.2, 0.1), strict=True)
    ),
)  # fmt: skip
IPA = rf.table(
    "ipa",
    *(
        {"cycle": rf.CYCLE, "unit": "*", "indicator": name, "importance": weight, "performance": score,
         "importance_mean": 0.33, "performance_mean": 80.0, "quadrant": quadrant, "method": "by_weight"}
        for name, weight, score, quadrant in (
            ("服务态度", 0.6, 70.0, "concentrate"), ("处理率", 0.3, 90.0, "overkill"),
            ("事故率", 0.3, 90.0, "overkill"),
        )
    ),
)  # fmt: skip
EVERY = {
    plots.ranks_by_method: (COMPOSITES, {}, ("1", "3")),
    plots.rsr_line: (SPREAD, {"cuts": [4.0, 6.0]}, ("0.970", "4.00 0.2000", "6.00 0.4000")),
    plots.fuzzy_operators: (FUZZY, {"scale": dict.fromkeys(rf.SCALE, 0.0)}, ()),
    plots.quadrants: (IPA, {}, ("0.600 70.0", "0.300 90.0")),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_every_figure_draws_and_tells_its_numbers(function, lang):
    frame, options, told = EVERY[function]
    chart = function(frame, lang, rf.label, title="标题" if lang == "zh" else "Title", **options)
    assert chart._repr_png_()[1] == {"alt": chart.alt}
    assert all(text in chart.alt for text in told)
    if lang == "en":
        assert not [ch for ch in chart.alt if "\u4e00" <= ch <= "\u9fff"]


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_nothing_to_show(function):
    frame, options, _ = EVERY[function]
    assert "没有可显示的数据" in function(frame.iloc[:0], "zh", rf.label, **options).alt


def test_units_that_are_not_compared_are_not_drawn():
    assert "动力部" not in plots.ranks_by_method(COMPOSITES, "zh", rf.label).alt


def test_the_grade_of_the_largest_membership_is_printed():
    chart = plots.fuzzy_operators(FUZZY, "zh", rf.label, scale=dict.fromkeys(rf.SCALE, 0.0))
    assert [text.get_text() for ax in chart.axes for text in ax.texts] == ["良好", "良好"]


def test_names_of_points_on_one_place_do_not_cover_each_other():
    chart = plots.quadrants(IPA, "zh", rf.label)
    chart.canvas.draw()
    names = {t.get_text(): t.get_window_extent() for t in chart.axes[0].texts}
    assert not names["处理率"].overlaps(names["事故率"])
