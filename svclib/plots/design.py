"""Figures on the indicator system: where items lie, and which indicators move together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.patches import Rectangle

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

MOST_NAMED = 20  # points or rows that fit with their names
LIGHT_ENOUGH = 1.6  # the blues end at this multiple of one


def item_map(frame: pd.DataFrame, lang: str, label: Label, *, cut: float, title: str = "") -> Chart:
    """Items by their mean and by how much of an answer depends on the unit, a marker per evaluator.

    Parameters
    ----------
    frame : table "item_map" of one cycle; items without an ICC are left out.
    cut : ICC(1) from which an item tells units apart; those below are hollow.
    """
    frame = frame.dropna(subset=["mean", "icc"])
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(14, lang)
    subjects = style.unique(frame["subject"])
    for subject, colour, marker in zip(subjects, style.SERIES, "osD^vP", strict=False):
        part = frame[frame["subject"] == subject]
        name = style.named("subject", subject, lang, label)
        ax.plot([], [], marker, color=colour, label=name)
        for row in style.rows(part):
            face = colour if row.icc >= cut else "white"
            ax.plot(row.mean, row.icc, marker, color=colour, markerfacecolor=face, zorder=3)
    for row in style.rows(_outermost(frame)):
        ax.annotate(
            label(row.item, lang), (row.mean, row.icc), (3, 3), textcoords="offset points", fontsize=7
        )
    ax.axhline(cut, color=style.INK, linestyle="--", linewidth=0.9)
    ax.grid(visible=True, axis="both")
    ax.set_xlabel(style.word("item_mean", lang))
    ax.set_ylabel(style.word("icc_axis", lang))
    style.legend(ax, ax.get_legend_handles_labels()[0])
    spoken = [
        f"{label(row.item, lang)} {tables.fmt(row.mean, 2)} {tables.fmt(row.icc, 2)}"
        for row in style.rows(frame)
    ]
    caption = style.word("item_map_caption", lang, cut=tables.fmt(cut, 2))
    return style.finish(chart, title, caption, spoken)


def _outermost(frame: pd.DataFrame) -> pd.DataFrame:
    """All points where names fit, else those furthest out on either axis."""
    if len(frame) <= MOST_NAMED:
        return frame
    ends = [frame.nsmallest(3, c).index.union(frame.nlargest(3, c).index) for c in ("mean", "icc")]
    return frame.loc[ends[0].union(ends[1])]


def redundancy_matrix(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Correlations of indicators over units, the lower half; a pair to be reviewed is framed.

    Parameters
    ----------
    frame : rows of table "redundancy" of one level and evaluator.
    order : names in the order wanted; of many, those with the highest correlations are shown.
    """
    known = frame.dropna(subset="r")
    if known.empty:
        return style.no_data(lang, title)
    names = _shown(known, order)
    grid = _square(known, names)
    chart, (ax,) = style.canvas(0.95 * len(names) + 2, lang)
    texts = [label(n, lang) for n in names]
    small = 7.5 if len(names) <= MOST_NAMED * 0.75 else 6
    sns.heatmap(
        grid, ax=ax, annot=grid.map(_bare), fmt="", cmap="PuOr", vmin=-LIGHT_ENOUGH,
        vmax=LIGHT_ENOUGH, cbar=False, linewidths=1, annot_kws={"fontsize": small, "color": style.INK},
    )  # fmt: skip
    for row in style.rows(known[known["judgement"] == "review"]):
        if row.a in names and row.b in names:
            i, j = sorted((names.index(row.a), names.index(row.b)))
            ax.add_patch(Rectangle((i, j), 1, 1, fill=False, edgecolor=style.INK))
    ax.grid(visible=False)
    places = np.arange(len(names)) + 0.5
    ax.set_xticks(places[:-1], texts[:-1], rotation=60, ha="right", fontsize=small + 0.5)
    ax.set_yticks(places[1:], texts[1:], rotation=0, fontsize=small + 0.5)
    ax.set(xlim=(0, len(names) - 1), ylim=(len(names), 1))
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    top = known.sort_values("r", key=np.abs, ascending=False, kind="stable").head(5)
    spoken = [f"{label(r.a, lang)} × {label(r.b, lang)} {tables.fmt(r.r, 2)}" for r in style.rows(top)]
    return style.finish(chart, title, style.word("redundancy_caption", lang), spoken)


def _shown(known: pd.DataFrame, order: Sequence[str]) -> list[str]:
    """Names in order, at most so many as fit: those with the highest correlation first."""
    peak = pd.concat([known.set_index(c)["r"].abs() for c in ("a", "b")]).groupby(level=0).max()
    kept = set(peak.sort_values(ascending=False, kind="stable").head(MOST_NAMED).index)
    every = [*order, *(n for n in peak.index if n not in set(order))]
    return [n for n in every if n in kept]


def _square(known: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Lower half of the matrix, NaN elsewhere."""
    both = {(a, b): r for a, b, r in zip(known["a"], known["b"], known["r"], strict=True)}
    cells = [
        [both.get((a, b), both.get((b, a), np.nan)) if j < i else np.nan for j, b in enumerate(names)]
        for i, a in enumerate(names)
    ]
    return pd.DataFrame(cells, index=names, columns=names, dtype=float)


def _bare(value: float) -> str:
    """0.87 as ".87", nothing where there is no pair."""
    return "" if np.isnan(value) else tables.fmt(value, 2).replace("0.", ".", 1)
