"""Figures on scores, grades and where points were lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

# Reasons that hold a grade below what the score gives; a buffer keeps the last grade, up or down.
LIMITED = ("veto", "cap", "annual_rule")
MOST_COLUMNS = 8  # of the heat map, on a page 16 cm wide


def score_heatmap(
    totals: pd.DataFrame,
    grades: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Unit by dimension scores with printed numbers, the total last, the grade beside the unit.

    More dimensions than fit side by side, and than units, become the rows.

    Parameters
    ----------
    totals : table "totals" of one cycle.
    grades : table "grades" of the cycle; units stand in the order of its published score.
    order : dimensions in the order wanted; "total" stands last.
    """
    if totals.empty:
        return style.no_data(lang, title)
    grid = _grid(totals, grades, order)
    grade = dict(zip(grades["unit"], style.grade_names(grades["grade"], lang, label), strict=True))
    ends = [grade[unit] or style.word("ungraded", lang) for unit in grid.index]
    units, nodes = style.units_of(grid.index, lang, label), [label(n, lang) for n in grid.columns]
    spoken = [
        f"{unit} {tables.fmt(score, 1)} {end}"
        for unit, score, end in zip(units, grid["total"], ends, strict=True)
    ]
    if len(nodes) > max(MOST_COLUMNS, len(units)):
        heads = [f"{style.wrap(u, 14)}\n{end}" for u, end in zip(units, ends, strict=True)]
        chart = _heat(grid.T, nodes, heads, lang)
    else:
        chart = _heat(grid, units, [style.wrap(n, 14) for n in nodes], lang)
        for y, end in enumerate(ends):
            style.beside(chart.axes[0], y + 0.5, end)
    return style.finish(chart, title, style.word("heatmap_caption", lang), spoken)


def _grid(totals: pd.DataFrame, grades: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Scores, units by nodes; no total where no grade was given."""
    ranked = grades.sort_values("published", ascending=False, kind="stable")
    nodes = [n for n in style.unique(style.ordered(totals, "node", order)["node"]) if n != "total"]
    grid = totals.pivot_table(index="unit", columns="node", values="score", dropna=False)
    grid = grid.reindex(index=ranked["unit"], columns=[*nodes, "total"]).astype(float)
    grid.loc[ranked["unit"][ranked["status"] != "graded"], "total"] = np.nan
    return grid


def _heat(grid: pd.DataFrame, rows: Sequence[str], heads: Sequence[str], lang: str) -> Chart:
    """Coloured cells with their number.  The blues stay light enough for dark print."""
    chart, (ax,) = style.canvas(1.1 * style.lines(len(grid)) + 1, lang)
    sns.heatmap(
        grid,
        ax=ax,
        annot=grid.map(lambda v: tables.fmt(v, 1)),
        fmt="",
        cmap="Blues",
        cbar=False,
        linewidths=1.5,
        vmin=min(40, np.nanmin(grid, initial=100)),
        vmax=140,
        annot_kws={"fontsize": 8.5, "color": style.INK},
    )
    ax.set_facecolor("#F4F4F4")
    ax.grid(visible=False)
    ax.set_xticks(np.arange(len(heads)) + 0.5, heads, rotation=0)
    ax.set_yticks(np.arange(len(rows)) + 0.5, [style.wrap(r, 22) for r in rows], rotation=0)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    return chart


def grade_ladder(
    grades: pd.DataFrame,
    totals: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    title: str = "",
) -> Chart:
    """Published score and interval of every unit against the cuts; grade and limit printed.

    Parameters
    ----------
    grades : table "grades" of one cycle.
    totals : table "totals" of the cycle, for the interval of the total.
    scale : label of each grade to its cut, best first.
    """
    if grades.empty:
        return style.no_data(lang, title)
    frame = grades.sort_values("published", ascending=False, kind="stable")
    limits = totals[totals["node"] == "total"].set_index("unit")
    chart, (ax,) = style.canvas(style.lines(len(frame)) + 1.6, lang)
    low = _lowest(frame, limits, scale)
    bands(ax, scale, low, lang, label)
    colours = style.grade_colours(list(scale))
    spoken: list[str] = []
    for y, row in enumerate(style.rows(frame)):
        _rung(ax, y, row, limits, colours)
        text = _grade_text(row, lang, label)
        if row.reason in LIMITED:
            ax.barh(
                y,
                100 - low,
                left=low,
                height=0.8,
                color="none",
                edgecolor="#9A9A9A",
                hatch="////",
                linewidth=0,
            )
        style.beside(ax, y, text)
        spoken.append(
            f"{style.named('unit', str(row.unit), lang, label)} {tables.fmt(row.published, 2)} {text}"
        )
    style.rows_axis(ax, style.units_of(frame["unit"], lang, label))
    ax.set_xlim(low, 100)
    ax.set_xlabel(style.word("published", lang))
    return style.finish(chart, title, style.word("ladder_caption", lang), spoken)


def _lowest(frame: pd.DataFrame, limits: pd.DataFrame, scale: Mapping[str, float]) -> float:
    """Left end of the axis: below every score and every inner cut, in steps of five."""
    inner = [cut for cut in scale.values() if cut > 0] or [0.0]
    shown = frame[frame["status"] == "graded"]["unit"]
    least = np.nanmin([*frame["published"], *limits["score_low"].reindex(shown), min(inner)])
    return max(0.0, 5 * np.floor((least - 4) / 5))


def bands(ax: Axes, scale: Mapping[str, float], low: float, lang: str, label: Label) -> None:
    """Shade the grades above `low` on the axis of scores, with their names on top."""
    high = 100.0
    for (name, cut), colour in zip(scale.items(), style.grade_colours(list(scale)).values(), strict=True):
        left = max(cut, low)
        ax.axvspan(left, high, color=colour, alpha=0.13, linewidth=0, zorder=0)
        ax.axvline(left, color=style.MUTED, linewidth=0.7, zorder=1)
        text = style.named("grade", name, lang, label)
        ax.annotate(
            text,
            ((left + high) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8.5,
        )
        high = left


def _rung(ax: Axes, y: int, row: Any, limits: pd.DataFrame, colours: Mapping[str, str]) -> None:
    colour = colours.get(row.grade, style.MUTED)
    if row.status == "graded" and row.unit in limits.index:
        own = limits.loc[row.unit]
        style.interval_line(ax, y, own["score_low"], own["score_high"], style.INK)
    face = colour if row.status == "graded" else "white"
    ax.plot(row.published, y, "o", ms=7, mfc=face, mec=style.INK, mew=0.8, zorder=3)


def _grade_text(row: Any, lang: str, label: Label) -> str:
    if row.status != "graded":
        return f"{style.word('ungraded', lang)} ({style.named('status', row.status, lang, label)})"
    grade = style.named("grade", row.grade, lang, label)
    return f"{grade} ({style.named('reason', row.reason, lang, label)})" if row.reason in LIMITED else grade


def probability_bars(
    frame: pd.DataFrame, lang: str, label: Label, *, scale: Mapping[str, float], title: str = ""
) -> Chart:
    """Probability of every grade per unit, stacked; shares of 8 % and more are printed.

    Parameters
    ----------
    frame : table "grade_probability" of one cycle.
    scale : label of each grade to its cut, best first.
    """
    if frame.empty:
        return style.no_data(lang, title)
    grid = frame.pivot_table(index="unit", columns="grade", values="probability").reindex(columns=list(scale))
    grid = grid.fillna(0.0).sort_values(list(scale), ascending=False, kind="stable")
    chart, (ax,) = style.canvas(style.lines(len(grid)) + 1.2, lang)
    left = np.zeros(len(grid))
    for name, colour in style.grade_colours(list(scale)).items():
        share = grid[name].to_numpy()
        ax.barh(
            range(len(grid)),
            100 * share,
            left=100 * left,
            color=colour,
            edgecolor=style.INK,
            linewidth=0.4,
            height=0.72,
            label=style.named("grade", name, lang, label),
        )
        ink = "white" if colour in style.DARK else "black"
        for y in np.flatnonzero(share >= 0.08).tolist():
            at = 100 * (left[y] + share[y] / 2)
            ax.text(at, y, tables.percent(share[y], 0), ha="center", va="center", color=ink, fontsize=8)
        left = left + share
    style.rows_axis(ax, style.units_of(grid.index, lang, label))
    ax.set_xlim(0, 100)
    ax.set_xlabel(style.word("probability", lang))
    style.legend(ax, ax.containers)
    spoken = [
        f"{name} {tables.percent(share, 0)}"
        for name, share in zip(
            style.joined(frame, ("unit", "grade"), lang, label), frame["probability"], strict=True
        )
    ]
    text = style.word("probability_caption", lang, draws=int(frame["draws"].iloc[0]))
    return style.finish(chart, title, text, spoken)


def contribution_bars(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Points of the total lost at each indicator of one unit, largest loss first.

    Parameters
    ----------
    frame : rows of one cycle and unit of table "contributions".
    """
    frame = frame.dropna(subset="lost").sort_values("lost", ascending=False, kind="stable")
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    ax.barh(range(len(frame)), frame["lost"], color=style.SERIES[0], height=0.65)
    names = [label(i, lang) for i in frame["indicator"]]
    texts = [
        style.word("lost_of", lang, lost=tables.fmt(r.lost, 2), score=tables.fmt(r.score, 1))
        for r in style.rows(frame)
    ]
    for y, text in enumerate(texts):
        style.beside(ax, y, text)
    style.rows_axis(ax, names)
    ax.set_xlim(0, max(0.1, 1.05 * frame["lost"].max()))
    ax.set_xlabel(style.word("lost", lang))
    spoken = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
    return style.finish(chart, title, style.word("lost_caption", lang), spoken)
