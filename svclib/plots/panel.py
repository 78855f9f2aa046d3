"""Figures on an expert panel: how far its weights lie apart, and how opinions converge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

GROUP = "group"
BAND = 0.32  # half the height over which the dots of one row are spread
SHADES = ("#B8C4D0", "#7C97B2", "#3F6C99", "#0B3A66")  # first round to last
MARKERS = "osD^"


def expert_cloud(
    experts: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Weight that each expert gives each node, a dot each; quartiles and median; the group's weight.

    Parameters
    ----------
    experts : table "expert_weights".
    order : nodes in the order wanted.
    """
    if experts.empty:
        return style.no_data(lang, title)
    rows = style.ordered(experts, "item", order)
    nodes = list(rows.groupby(["parent", "item"], sort=False))
    chart, (ax,) = style.canvas(1.5 * len(nodes) + 1, lang)
    spoken = [_cloud(ax, y, found) for y, (_, found) in enumerate(nodes)]
    names = [label(str(item), lang) for (_, item), _ in nodes]
    style.rows_axis(ax, names, 30)
    ax.set_xlim(0, 1.05 * rows["weight"].max())
    ax.set_xlabel(style.word("local_weight", lang))
    told = [f"{name} {text}" for name, text in zip(names, spoken, strict=True)]
    return style.finish(chart, title, style.word("cloud_caption", lang), told)


def _cloud(ax: Axes, y: float, found: pd.DataFrame) -> str:
    own = np.sort(found.loc[found["expert"] != GROUP, "weight"].to_numpy(dtype=float))
    # Neighbours in size lie at different heights, the same on every run.
    place = y + BAND * (2 * ((0.618034 * np.arange(len(own))) % 1) - 1)
    ax.plot(own, place, "o", ms=4 if len(own) <= 30 else 2.5, color=style.SERIES[1], alpha=0.7, mew=0)
    low, middle, high = np.quantile(own, [0.25, 0.5, 0.75])
    ax.plot([low, high], [y, y], color=style.INK, linewidth=2.2, solid_capstyle="butt", zorder=3)
    ax.plot(middle, y, "|", color=style.INK, ms=11, mew=2, zorder=4)
    group = found.loc[found["expert"] == GROUP, "weight"]
    ax.plot(group, np.full(len(group), y), "D", ms=5.5, mfc="white", mec=style.WORSE, mew=1.4, zorder=5)
    text = f"{tables.fmt(middle, 3)} ({tables.fmt(low, 3)}–{tables.fmt(high, 3)})"
    style.beside(ax, y, text)
    return text


def convergence(
    items: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Median and quartiles of every item round by round; hollow where the panel does not agree.

    Parameters
    ----------
    items : rows of table "delphi_items" of one kind.
    order : nodes in the order wanted.
    """
    if items.empty:
        return style.no_data(lang, title)
    nodes = list(style.ordered(items, "node", order).groupby("node", sort=False))
    numbers = sorted(items["round"].unique())
    chart, (ax,) = style.canvas(len(nodes) * (0.75 * len(numbers) + 0.6) + 1, lang)
    spoken = []
    for y, (node, rows) in enumerate(nodes):
        for row in style.rows(rows):
            _round(ax, y + _step(numbers, row.round), row, numbers)
        places = [y + _step(numbers, n) for n in rows["round"]]
        ax.plot(rows["median"], places, color=style.MUTED, linewidth=0.8, zorder=1)
        last = rows.sort_values("round").iloc[-1]
        text = f"{tables.short(last['median'])} ({tables.short(last['q1'])}–{tables.short(last['q3'])})"
        text += "" if last["judgement"] == "agreed" else " " + style.word("not_agreed", lang)
        style.beside(ax, y, text)
        spoken.append(f"{label(str(node), lang)} {text}")
    style.rows_axis(ax, [label(str(node), lang) for node, _ in nodes], 30)
    ax.set_xlabel(style.word(f"delphi_{items['kind'].iloc[0]}", lang))
    style.legend(ax, [_handle(number, numbers, lang) for number in numbers])
    return style.finish(chart, title, style.word("convergence_caption", lang), spoken)


def _look(number: int, numbers: Sequence[int]) -> tuple[str, str]:
    """Colour and marker of a round: the last is the darkest."""
    place = min(len(numbers) - 1 - list(numbers).index(number), len(SHADES) - 1)
    return SHADES[-1 - place], MARKERS[place]


def _step(numbers: Sequence[int], number: int) -> float:
    return 0.6 * ((list(numbers).index(number) + 0.5) / len(numbers) - 0.5)


def _round(ax: Axes, y: float, row: Any, numbers: Sequence[int]) -> None:
    colour, marker = _look(row.round, numbers)
    style.interval_line(ax, y, row.q1, row.q3, colour)
    face = colour if row.judgement == "agreed" else "white"
    ax.plot(row.median, y, marker, color=colour, markerfacecolor=face, ms=5, zorder=3)


def _handle(number: int, numbers: Sequence[int], lang: str) -> Line2D:
    colour, marker = _look(number, numbers)
    return Line2D([], [], color=colour, marker=marker, ms=5, label=style.word("round", lang, n=number))
