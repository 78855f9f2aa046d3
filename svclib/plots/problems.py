"""Figures on complaints and comments: what most of them are about."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label


def pareto(
    frame: pd.DataFrame, what: str, lang: str, label: Label, *, title: str = "", most: int = 10
) -> Chart:
    """Counts of `what`, most frequent first, each with its share and the share so far.

    Parameters
    ----------
    frame : rows of one unit (and category) of table "causes" or "concerns"; those without a
        number, which are hidden, are left out.
    what : column that names the bars: "cause" or "category".
    """
    frame = frame[frame["n"] > 0].sort_values(["n", what], ascending=[False, True], kind="stable").head(most)
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    ax.barh(range(len(frame)), frame["n"], color=style.SERIES[0], height=0.65)
    names = [tables.cell(what, value, lang, label, 0) for value in frame[what]]
    texts = [
        style.word(
            "pareto_of",
            lang,
            n=r.n,
            share=tables.percent(r.share, 0),
            cumulative=tables.percent(r.cumulative, 0),
        )
        for r in style.rows(frame)
    ]
    for y, text in enumerate(texts):
        style.beside(ax, y, text)
    style.rows_axis(ax, names)
    ax.set_xlim(0, 1.05 * frame["n"].max())
    ax.set_xlabel(style.word("pareto_axis", lang))
    spoken = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
    return style.finish(chart, title, style.word("pareto_caption", lang), spoken)
