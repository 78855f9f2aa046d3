"""Figures that hold pilot units against the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

ROWS = (("pilot_change", "pilot_low", "pilot_high"), ("others_change", "others_low", "others_high"))


def pilot_dots(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Change of the pilot units, of the others, and their difference, one panel per measure.

    Parameters
    ----------
    frame : table "controlled_changes"; rows that were not compared are left out.
    """
    frame = frame.dropna(subset="net_change")
    if frame.empty:
        return style.no_data(lang, title)
    chart, axes = style.canvas(5.6 * len(frame), lang, shape=(len(frame), 1))
    spoken = [_panel(ax, row, lang, label) for ax, row in zip(axes, style.rows(frame), strict=True)]
    text = style.caption(lang, style.confidence_text(frame, lang), style.word("pilot_caption", lang))
    return style.finish(chart, title, text, spoken)


def _panel(ax: Axes, row: Any, lang: str, label: Label) -> str:
    """Three rows with intervals; the last carries the verdict and the band that does not matter."""
    tried = "trained_units" if row.source == "training" else "pilot_units"
    names = [style.word(name, lang) for name in (tried, "other_units", "difference_of")]
    if np.isfinite(row.mid):
        ax.barh(2, 2 * row.mid, left=-row.mid, height=0.8, color=style.LIGHT, alpha=0.6, zorder=0)
    values = [[getattr(row, c) for c in columns] for columns in ROWS]
    values.append([row.net_change, row.ci_low, row.ci_high])
    colours = [(style.INK, "o"), (style.MUTED, "o"), style.VERDICTS[row.verdict]]
    said = []
    for y, ((value, low, high), (colour, marker)) in enumerate(zip(values, colours, strict=True)):
        style.interval_line(ax, y, low, high, colour)
        face = "white" if y == 2 and row.verdict == "inconclusive" else colour
        ax.plot(value, y, marker, color=colour, mfc=face, ms=6, zorder=3)
        text = f"{tables.signed(value, 2)} {tables.interval(low, high, 2)}"
        style.beside(ax, y, text)
        said.append(f"{names[y]} {text}")
    ax.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
    style.rows_axis(ax, names)
    heading = style.word("joiner", lang).join(label(t, lang) for t in (row.indicator, row.action))
    verdict = tables.code("controlled", row.verdict, lang)
    ax.set_title(style.wrap(f"{heading} – {verdict}", 70))
    ax.set_xlabel(style.word("change_in", lang, measure=_measure(row, lang, label)))
    return f"{heading}: {', '.join(said)}, {verdict}"


def _measure(row: Any, lang: str, label: Label) -> str:
    terms = tables.words(lang)["terms"]
    return str(terms["percentage_points"]).strip() if row.measure == "%" else label(row.measure, lang)
