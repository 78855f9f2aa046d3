"""Figure on whether items mean the same in two cycles or in all channels."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

LOOK = {"pass": (style.BETTER, "o"), "fail": (style.WORSE, "X"), "not_testable": (style.LIGHT, "s")}
LEVELS = ("configural", "metric", "scalar", "strict")


def invariance_ladder(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """One row per scale, one mark per level: invariant, not invariant, not testable; ΔCFI beside it.

    Parameters
    ----------
    frame : table "invariance".
    """
    if frame.empty:
        return style.no_data(lang, title)
    scales = frame.drop_duplicates(["subject", "dimension", "by"])
    names = style.joined(scales, ("by", "subject", "dimension"), lang, label)
    chart, (ax,) = style.canvas(len(scales) + 2, lang)
    spoken = []
    for y, (name, scale) in enumerate(zip(names, style.rows(scales), strict=True)):
        keys = (frame["subject"] == scale.subject) & (frame["dimension"] == scale.dimension)
        for row in style.rows(frame[keys & (frame["by"] == scale.by)]):
            x = LEVELS.index(row.level)
            colour, marker = LOOK[row.judgement]
            ax.plot(x, y, marker, color=colour, markersize=8)
            text = "" if pd.isna(row.delta_cfi) else tables.signed(row.delta_cfi, 3)
            ax.annotate(text, (x, y), xytext=(9, 0), textcoords="offset points", va="center", fontsize=8)
            said = [
                style.named(column, getattr(row, column), lang, label) for column in ("level", "judgement")
            ]
            spoken.append(" ".join([name, *said, text]).strip())
    style.rows_axis(ax, names, 34)
    ax.set_xticks(range(len(LEVELS)), [style.named("level", level, lang, label) for level in LEVELS])
    ax.set_xlim(-0.4, len(LEVELS) - 0.3)
    marks = [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=8,
               label=style.named("judgement", verdict, lang, label))
        for verdict, (colour, marker) in LOOK.items()
    ]  # fmt: skip
    ax.legend(handles=marks, ncols=3, loc="lower right", bbox_to_anchor=(1, 1), **style.LEGEND)
    return style.finish(chart, title, style.word("invariance_caption", lang), spoken)
