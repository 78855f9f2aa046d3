"""The small figure of a unit's year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from svclib import tables
from svclib.plots import style
from svclib.plots.history import totals
from svclib.plots.style import Chart
from svclib.tables import Label

NARROW = 0.62  # of the usual width: it stands in one of two columns when printed


def course(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Published score of one unit in every cycle, printed beside the point, against the cuts.

    Parameters
    ----------
    frame : table "history" of one unit; rows of the total are used, a cycle without a score keeps its place.
    scale : label of each grade to its cut, best first.
    order : cycles in time; without it they stand in the order of their labels.
    """
    frame = totals(frame, order)
    if frame["score"].isna().all():
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(4.2, lang)
    chart.set_size_inches(NARROW * chart.get_figwidth(), chart.get_figheight())
    score, x = frame["score"].to_numpy(dtype=float), np.arange(len(frame))
    colours = style.grade_colours(list(scale))
    ax.plot(x, score, color=style.MUTED, linewidth=1.2, zorder=2)
    face = [colours.get(str(g), "white") for g in frame["grade"]]
    ax.scatter(x, score, c=face, s=38, edgecolors=style.INK, linewidths=0.6, zorder=3)
    low, high = float(np.nanmin(score)) - 9, min(float(np.nanmax(score)) + 9, 106.0)
    for grade, cut in scale.items():
        if low < cut < high:
            ax.axhline(cut, color=style.LIGHT, linewidth=1, zorder=1)
            ax.annotate(f"{label(grade, lang)} ≥ {cut:g}", (len(x) - 0.55, cut), va="center", fontsize=8)
    grades = style.grade_names(frame["grade"], lang, label)
    told = [f"{tables.fmt(s, 2)} {g}".strip() for s, g in zip(score, grades, strict=True)]
    beside = np.pad(score, 1, mode="edge")
    for at, s, text in zip(x, score, told, strict=True):
        if np.isfinite(s):
            away = -26 if s <= np.nanmin(beside[at : at + 3]) and np.ptp(beside[at : at + 3]) > 0 else 7
            ax.annotate(
                text.replace(" ", "\n", 1),
                (at, s),
                (0, away),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
    ax.set_xticks(x, list(frame["cycle"]))
    ax.set_xlim(-0.5, len(x) - 0.4)
    ax.set_ylim(low, high)
    spoken = [f"{c} {t}" for c, t in zip(frame["cycle"], told, strict=True)]
    return style.finish(chart, title, style.word("course_caption", lang), spoken)
