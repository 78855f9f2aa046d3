"""Figures on whether a grade or a rank would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

SOURCES = ("sampling", "weights", "both")
LOOKS = (("o", style.SERIES[0]), ("s", style.SERIES[3]), ("D", style.INK))
LEAST_SHOWN = 0.15  # of a bar a third of the page wide


def grade_odds(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Probability of every grade per unit, a panel per source of doubt.

    Parameters
    ----------
    frame : table "grade_stability" of one cycle.
    scale : label of each grade to its cut, best first.
    order : units in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "unit", order)
    units = style.unique(frame["unit"])
    chart, axes = style.canvas(len(units) + 1.6, lang, shape=(1, len(SOURCES)), sharey=True)
    spoken: list[str] = []
    for ax, source in zip(axes, SOURCES, strict=True):
        part = frame[frame["source"] == source]
        grid = part.pivot_table(index="unit", columns="grade", values="probability")
        grid = grid.reindex(index=units, columns=list(scale)).fillna(0.0)
        _stack(ax, grid, lang, label)
        name = style.named("source", source, lang, label)
        ax.set_title(name)
        spoken += [f"{name} {said}" for said in _spoken(part, lang, label)]
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    axes[1].set_xlabel(style.word("probability", lang))
    style.panel_legend(axes, axes[0].containers)
    text = style.word("odds_caption", lang, draws=int(frame["draws"].iloc[0]))
    return style.finish(chart, title, text, spoken)


def _stack(ax: Axes, grid: pd.DataFrame, lang: str, label: Label) -> None:
    left = np.zeros(len(grid))
    for name, colour in style.grade_colours(list(grid.columns)).items():
        share = grid[name].to_numpy()
        shown = style.named("grade", name, lang, label)
        ax.barh(
            range(len(grid)),
            100 * share,
            left=100 * left,
            color=colour,
            edgecolor=style.INK,
            linewidth=0.4,
            height=0.72,
            label=shown,
        )
        ink = "white" if colour in style.DARK else "black"
        for y in np.flatnonzero(share >= LEAST_SHOWN).tolist():
            text = f"{shown} {tables.percent(share[y], 0)}" if share[y] > 0.6 else tables.percent(share[y], 0)
            at = 100 * (left[y] + share[y] / 2)
            ax.text(at, y, text, ha="center", va="center", color=ink, fontsize=7.5)
        left = left + share
    ax.set_xlim(0, 100)
    ax.tick_params(axis="y", length=0)


def _spoken(frame: pd.DataFrame, lang: str, label: Label) -> list[str]:
    likely = frame[frame["probability"] >= 0.005]
    names = zip(
        style.units_of(likely["unit"], lang, label),
        style.grade_names(likely["grade"], lang, label),
        strict=True,
    )
    return [
        f"{unit} {grade} {tables.percent(share, 0)}"
        for (unit, grade), share in zip(names, likely["probability"], strict=True)
    ]


def ranks(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Rank and its interval per unit, a line per source of doubt.

    Parameters
    ----------
    frame : table "rank_stability" of one cycle.
    order : units in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "unit", order)
    units = style.unique(frame["unit"])
    chart, (ax,) = style.canvas(1.5 * len(units) + 1, lang)
    spoken: list[str] = []
    for row in style.rows(frame):
        k = SOURCES.index(row.source)
        mark, colour = LOOKS[k]
        y = units.index(row.unit) + 0.24 * (k - 1)
        style.interval_line(ax, y, row.rank_low, row.rank_high, colour)
        ends = [row.rank_low, row.rank_high]
        ax.plot(ends, [y, y], mark, ms=3.5, color=colour, linestyle="none")
        name = style.named("source", row.source, lang, label)
        unit = style.named("unit", row.unit, lang, label)
        spoken.append(f"{unit} {name} {tables.interval(row.rank_low, row.rank_high, 0)}")
    for y, (_, rank) in enumerate(frame.drop_duplicates("unit")[["unit", "rank"]].to_numpy()):
        ax.plot([rank, rank], [y - 0.42, y + 0.42], color=style.MUTED, linewidth=2.2, zorder=1)
    style.rows_axis(ax, style.units_of(units, lang, label))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlim(0.5, frame["rank_high"].max() + 0.5)
    ax.set_xlabel(style.word("rank_axis", lang))
    keys = [
        Line2D([], [], marker=mark, color=colour, ms=4, label=style.named("source", source, lang, label))
        for source, (mark, colour) in zip(SOURCES, LOOKS, strict=True)
    ]
    style.legend(ax, keys)
    told = style.caption(lang, style.word("rank_caption", lang), style.confidence_text(frame, lang))
    return style.finish(chart, title, told, spoken)


def tornado(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    score: float,
    scale: Mapping[str, float],
    title: str = "",
) -> Chart:
    """What the total of one unit becomes without each indicator, largest change first.

    Parameters
    ----------
    frame : rows of one unit and cycle of table "drop_one".
    score : its total as it is.
    scale : label of each grade to its cut; cuts within the picture are drawn.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = frame.sort_values("change", key=np.abs, ascending=False, kind="stable")
    chart, (ax,) = style.canvas(len(frame) + 1.4, lang)
    colours = np.where(frame["differs"], style.WORSE, style.SERIES[1])
    ax.barh(range(len(frame)), frame["change"], left=score, color=colours, edgecolor=style.INK, linewidth=0.4)
    ax.axvline(score, color=style.INK, linewidth=0.9)
    low, high = min(frame["score"].min(), score), max(frame["score"].max(), score)
    margin = 0.08 * max(high - low, 0.1)
    spoken: list[str] = []
    for y, row in enumerate(style.rows(frame)):
        grade = style.named("grade", row.grade, lang, label)
        text = f"{tables.fmt(row.score, 2)} {grade}"
        style.beside(ax, y, text)
        spoken.append(f"{label(row.dropped, lang)} {text}")
    for name, cut in scale.items():
        if low - 3 * margin <= cut <= high + 3 * margin and cut > 0:
            low, high = min(low, cut), max(high, cut)
            ax.axvline(cut, color=style.WORSE, linestyle="--", linewidth=1)
            text = f"{style.named('grade', name, lang, label)} ≥ {tables.short(cut)}"
            ax.text(cut, 1.01, text, transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=8)
    style.rows_axis(ax, [style.named("dropped", i, lang, label) for i in frame["dropped"]])
    ax.set_xlim(low - margin, high + margin)
    ax.set_xlabel(style.word("score", lang))
    return style.finish(chart, title, style.word("tornado_caption", lang), spoken)
