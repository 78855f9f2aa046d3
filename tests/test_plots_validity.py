"""Figures on validity: drawn in both languages, with every number in the alternative text."""

from __future__ import annotations

import pytest
import result_frames as rf

from svclib import plots

KEY = {"cycle": rf.CYCLE, "subject": "客户", "n": 412, "confidence": 0.95}
LOADINGS = rf.table(
    "loadings",
    KEY | {"dimension": "客户体验", "item": "服务态度", "estimate": 0.81, "ci_low": 0.75, "ci_high": 0.86},
    KEY | {"dimension": "客户体验", "item": "处理率", "estimate": 0.42, "ci_low": 0.3, "ci_high": 0.52},
    KEY | {"dimension": "运行安全", "item": "事故率", "estimate": float("nan"), "note": "single_item"},
)
ROOTS = rf.table(
    "eigenvalues",
    *(
        {"cycle": rf.CYCLE, "subject": who, "stat": stat, "component": c, "eigenvalue": own, "by_chance": 0.4,
         "retained": own > 0.4, "draws": 100}
        for who in ("客户", "内部监督") for stat in ("factors", "components")
        for c, own in enumerate((2.4, 0.6, -0.1), 1)
    ),
)  # fmt: skip
PAIRS = rf.table(
    "discriminant",
    *(
        KEY | {"dimension": "客户体验", "other": "运行安全", "stat": stat, "estimate": value,
               "ci_low": value - 0.06, "ci_high": value + 0.06}
        for stat, value in (("htmt", 0.88), ("phi", 0.86), ("htmt2", 0.87))
    ),
)  # fmt: skip
EVERY = {
    plots.loadings: (LOADINGS, {"cut": 0.5}, ("0.81", "0.42")),
    plots.scree: (ROOTS, {}, ("2.40 0.60",)),
    plots.distinctness: (PAIRS, {"cuts": (0.85, 0.9)}, ("0.88", "0.86")),
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


def test_close_pairs_are_framed():
    chart = plots.distinctness(PAIRS, "en", rf.label, cuts=(0.85, 0.9))
    framed = [patch for patch in chart.axes[0].patches if not patch.get_fill()]
    assert [patch.get_linewidth() for patch in framed] == [2.4]
    apart = PAIRS.assign(ci_high=PAIRS["estimate"] - 0.1)
    assert not [
        p
        for p in plots.distinctness(apart, "en", rf.label, cuts=(0.85, 0.9)).axes[0].patches
        if not p.get_fill()
    ]
