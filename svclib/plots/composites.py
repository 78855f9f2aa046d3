"""Figures on other ways to put the indicators together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

MOST_NAMED = 24  # points that fit with their names


def ranks_by_method(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Rank of every unit by each method, the published one first; darker where they differ more.

    Parameters
    ----------
    frame : table "composites" of one cycle; units without a rank are left out.
    """
    known = frame[frame["rank"].notna()]
    if known.empty:
        return style.no_data(lang, title)
    methods = style.unique(["total", *known["method"]])
    grid = known.pivot_table("rank", "unit", "method")[methods].sort_values("total", kind="stable")
    away = grid.sub(grid["total"], axis=0).abs()
    chart, (ax,) = style.canvas(1.1 * len(grid) + 2, lang)
    sns.heatmap(
        away, ax=ax, annot=grid.map(lambda v: tables.fmt(v, 0)), fmt="", cmap="Oranges", cbar=False,
        linewidths=1.5, vmin=0, vmax=max(2 * away.to_numpy().max(), 4),
        annot_kws={"fontsize": 8.5, "color": style.INK},
    )  # fmt: skip
    heads = [style.named("method", m, lang, label) for m in methods]
    names = style.units_of(grid.index, lang, label)
    ax.grid(visible=False)
    ax.set_xticks(np.arange(len(heads)) + 0.5, [style.wrap(h, 18) for h in heads], rotation=0)
    ax.set_yticks(np.arange(len(names)) + 0.5, [style.wrap(n, 22) for n in names], rotation=0)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    spoken = [
        " ".join([name, *(f"{h} {tables.fmt(v, 0)}" for h, v in zip(heads, row, strict=True))])
        for name, row in zip(names, grid.to_numpy(), strict=True)
    ]
    return style.finish(chart, title, style.word("by_method_caption", lang), spoken)


def rsr_line(
    frame: pd.DataFrame, lang: str, label: Label, *, cuts: Sequence[float], title: str = ""
) -> Chart:
    """Rank-sum ratios on their probits, the line through them, and the limits between bins.

    Parameters
    ----------
    frame : rows of table "rsr_distribution" of one method and group.
    cuts : probits between the bins (`composites.probit_cuts`).
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = frame.sort_values("probit")
    chart, (ax,) = style.canvas(11, lang)
    ax.plot(frame["probit"], frame["fitted"], color=style.MUTED, linewidth=1.4, zorder=2)
    ax.plot(frame["probit"], frame["rsr"], "o", color=style.SERIES[0], zorder=3)
    for row in style.rows(frame):
        name = style.grade_names([row.grade], lang, label)[0]
        ax.annotate(name, (row.probit, row.rsr), (4, -9), textcoords="offset points", fontsize=7.5)
    for cut in cuts:
        ax.axvline(cut, color=style.INK, linestyle="--", linewidth=0.9, zorder=1)
    ax.grid(visible=True, axis="both")
    ax.set_xlabel(style.word("probit", lang))
    ax.set_ylabel(style.named("method", frame["method"].iloc[0], lang, label))
    spoken = [f"{tables.fmt(r.probit, 2)} {tables.fmt(r.rsr, 4)} {r.grade}" for r in style.rows(frame)]
    shown = [s.replace(r.grade, label(r.grade, lang)) for s, r in zip(spoken, style.rows(frame), strict=True)]
    caption = style.word("rsr_caption", lang, r=tables.fmt(frame["r"].iloc[0], 3))
    return style.finish(chart, title, caption, shown)


def fuzzy_operators(
    frame: pd.DataFrame, lang: str, label: Label, *, scale: Mapping[str, float], title: str = ""
) -> Chart:
    """Memberships of every unit's total by each operator, the grade of the largest printed.

    Parameters
    ----------
    frame : rows of table "fuzzy" of one cycle; the totals of two levels are drawn.
    scale : grades, best first.
    """
    total = frame[(frame["node"] == "total") & (frame["levels"] == 2)]
    if total.empty:
        return style.no_data(lang, title)
    units, operators, grades = style.unique(total["unit"]), style.unique(total["operator"]), list(scale)
    chart, axes = style.canvas(len(units) + 2, lang, shape=(1, len(operators)), sharey=True)
    colours, spoken = style.grade_colours(grades), []
    for ax, operator in zip(axes, operators, strict=True):
        table = total[total["operator"] == operator].pivot_table("membership", "unit", "grade")
        table = table.loc[units, grades]
        _stack(ax, table, colours)
        name = style.named("operator", operator, lang, label)
        ax.set_title(style.wrap(name, 16), fontsize=8)
        best = [label(g, lang) for g in table.idxmax(axis=1)]
        for y, text in enumerate(best):
            style.beside(ax, y, text)
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.5, 1])
        spoken += [f"{name} {u} {g}" for u, g in zip(style.units_of(units, lang, label), best, strict=True)]
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    style.panel_legend(axes, [Patch(color=colours[g], label=label(g, lang)) for g in grades])
    return style.finish(chart, title, style.word("fuzzy_caption", lang), spoken)


def _stack(ax: Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> None:
    left = np.zeros(len(table))
    for grade in table:
        colour = colours[str(grade)]
        ax.barh(range(len(table)), table[grade], left=left, color=colour, height=0.7, edgecolor="white")
        left += table[grade].to_numpy()


def quadrants(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Importance against performance of one unit's indicators, the quadrants named.

    Parameters
    ----------
    frame : rows of table "ipa" of one unit, or of all units together.
    """
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(14, lang)
    urgent = frame["quadrant"] == "concentrate"
    for rows, colour, marker in ((frame[urgent], style.WORSE, "D"), (frame[~urgent], style.BETTER, "o")):
        ax.plot(rows["performance"], rows["importance"], marker, color=colour, linestyle="", zorder=3)
    ax.axhline(frame["importance_mean"].iloc[0], color=style.INK, linestyle="--", linewidth=0.9)
    ax.axvline(frame["performance_mean"].iloc[0], color=style.INK, linestyle="--", linewidth=0.9)
    _name_corners(ax, lang, label)
    ax.margins(0.12)
    ax.grid(visible=False)
    named = frame if len(frame) <= MOST_NAMED else frame[urgent]
    _name_points(
        ax, named[["performance", "importance"]].to_numpy(), [label(i, lang) for i in named["indicator"]]
    )
    ax.set_xlabel(style.word("performance", lang))
    ax.set_ylabel(style.word("importance", lang))
    method = style.named("method", frame["method"].iloc[0], lang, label)
    spoken = [
        f"{label(r.indicator, lang)} {tables.fmt(r.importance, 3)} {tables.fmt(r.performance, 1)} "
        + style.named("quadrant", r.quadrant, lang, label)
        for r in style.rows(frame)
    ]
    return style.finish(chart, title, style.word("ipa_caption", lang, method=method), spoken)


def _name_corners(ax: Axes, lang: str, label: Label) -> None:
    corners = {
        "concentrate": (0.01, 0.98),
        "keep_up": (0.99, 0.98),
        "low_priority": (0.01, 0.02),
        "overkill": (0.99, 0.02),
    }
    for name, (x, y) in corners.items():
        sides = ("left" if x < 0.5 else "right", "top" if y > 0.5 else "bottom")
        text = style.named("quadrant", name, lang, label)
        ax.text(x, y, text, transform=ax.transAxes, color=style.MUTED, ha=sides[0], va=sides[1])


def _name_points(ax: Axes, points: np.ndarray, names: Sequence[str]) -> None:
    """Each name beside its point, at the first of eight places where it covers no other name."""
    size = np.array([340.0, style.ROW * 14 * 72])  # the axes in points, about
    ends = np.array([ax.get_xlim(), ax.get_ylim()])
    at = (points - ends[:, 0]) / np.ptp(ends, axis=1) * size
    taken: list[np.ndarray] = []
    for (x, y), name in zip(at, names, strict=True):
        width = 4.0 * tables.text_width(name)
        places = [(dx, dy) for dy in (3, -9, 13, -19) for dx in (4, -4 - width)]
        boxes = [np.array([x + dx, y + dy, x + dx + width, y + dy + 8]) for dx, dy in places]
        free = [k for k, box in enumerate(boxes) if not any(_overlap(box, other) for other in taken)]
        chosen = free[0] if free else 0
        taken.append(boxes[chosen])
        place = ((x + places[chosen][0]) / size[0], (y + places[chosen][1]) / size[1])
        ax.annotate(name, place, xycoords="axes fraction", fontsize=7.5)


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((a[:2] < b[2:]).all() and (b[:2] < a[2:]).all())
