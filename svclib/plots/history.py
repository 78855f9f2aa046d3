"""Figures of scores over time: all units in one, a small one each, and two cycles side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

ALL_UNITS = "*"  # the row that takes all units together
LEAST_SPAN = 10.0
FEW = 12  # units up to which a small figure each is wide


def totals(frame: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Rows of the total of table "history", by cycle as ordered and then by unit."""
    rows = frame[frame["node"] == "total"].sort_values(["cycle", "unit"])
    return style.ordered(rows, "cycle", order)


def slope(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Total score of every unit over the cycles, coloured by grade; all units together dashed.

    Parameters
    ----------
    frame : table "history"; rows of the total are used.
    scale : label of each grade to its cut, best first.
    order : cycles in time; without it they stand in the order of their labels.
    """
    frame = totals(frame, order).dropna(subset="score")
    if frame.empty:
        return style.no_data(lang, title)
    cycles, units = style.unique(frame["cycle"]), style.unique(frame["unit"])
    chart, (ax,) = style.canvas(max(10, 1.1 * len(units)), lang)
    ax.grid(visible=True, axis="y")
    colours = style.grade_colours(list(scale))
    lines = {str(unit): part for unit, part in frame.groupby("unit", sort=False)}
    for unit, part in lines.items():
        x = [cycles.index(c) for c in part["cycle"]]
        if unit == ALL_UNITS:
            ax.plot(x, part["score"], color=style.INK, linestyle="--", linewidth=1.1, zorder=1)
            continue
        ax.plot(x, part["score"], color=style.MUTED, linewidth=1.1, zorder=1)
        face = [colours.get(g, "white") for g in part["grade"]]
        ax.scatter(x, part["score"], c=face, s=30, edgecolors=style.INK, linewidths=0.5, zorder=3)
    ax.set_xticks(range(len(cycles)), cycles)
    ax.set_xlim(-0.2, len(cycles) - 0.8)
    ax.set_ylabel(style.word("score", lang))
    _least_span(ax)
    _end_labels(ax, lines, len(cycles) - 1, lang, label)
    style.legend(ax, _grades(ax, scale, lang, label))
    spoken = [
        f"{style.named('unit', r.unit, lang, label)} {r.cycle} {tables.fmt(r.score, 1)}"
        for r in style.rows(frame)
    ]
    dashed = style.word("slope_all", lang) if ALL_UNITS in lines else ""
    return style.finish(chart, title, style.caption(lang, style.word("slope_caption", lang), dashed), spoken)


def _grades(ax: Axes, scale: Mapping[str, float], lang: str, label: Label) -> list[Any]:
    """Handles of a legend of the grades."""
    look: dict[str, Any] = {"s": 30, "edgecolors": style.INK, "linewidths": 0.5}
    colours = style.grade_colours(list(scale))
    return [ax.scatter([], [], c=colours[grade], label=label(grade, lang), **look) for grade in scale]


def _least_span(ax: Axes) -> None:
    """At least ten points of score: on a narrower axis noise would look like a trend."""
    low, high = ax.get_ylim()
    room = max(0.0, (LEAST_SPAN - (high - low)) / 2)
    top = min(high + room, max(high, 101.0))
    ax.set_ylim(min(low - room, top - LEAST_SPAN) if room else low, top)


def _end_labels(ax: Axes, lines: Mapping[str, pd.DataFrame], last: int, lang: str, label: Label) -> None:
    """Name and last score beside each line, pushed apart where two would overlap."""
    ends = sorted(((part["score"].iloc[-1], unit) for unit, part in lines.items()), reverse=True)
    low, high = ax.get_ylim()
    gap = (high - low) / max(len(ends) + 1, 18)
    place = high + gap
    for score, unit in ends:
        place = min(score, place - gap)
        text = f"{style.named('unit', unit, lang, label)} {tables.fmt(score, 1)}"
        ax.annotate(text, (last + 0.2, place), va="center", fontsize=8, annotation_clip=False)
        ax.plot(
            [last, last + 0.18], [score, place], color=style.LIGHT, linewidth=0.7, zorder=0, clip_on=False
        )
    ax.set_ylim(min(low, place - gap / 2), high)


def history_multiples(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """A small figure per unit: its total in every cycle on the bands of the grades.

    Parameters
    ----------
    frame : table "history" of units that share cuts, in the order wanted; rows of the total are used.
    scale : label of each grade to its cut, best first.
    order : cycles in time; without it they stand in the order of their labels.
    """
    units = [u for u in style.unique(frame["unit"]) if u != ALL_UNITS]
    frame = totals(frame, order).dropna(subset="score")
    cycles, units = style.unique(frame["cycle"]), [u for u in units if u in set(frame["unit"])]
    if not units:
        return style.no_data(lang, title)
    across = min(len(units), 4 if len(units) <= FEW else 6)
    down = -(-len(units) // across)
    chart, axes = style.canvas(5.2 * down, lang, shape=(down, across), sharex=True, sharey=True)
    low, high = _range(frame["score"])
    spoken = [
        _small(ax, frame[frame["unit"] == unit], cycles, scale, style.named("unit", unit, lang, label))
        for ax, unit in zip(axes, units, strict=False)
    ]
    axes[0].set_ylim(low, high)
    axes[0].set_xticks(range(len(cycles)), [])
    for ax in axes[len(units) :]:
        ax.set_axis_off()
    colours = style.grade_colours(list(scale))
    look: dict[str, Any] = {"s": 30, "edgecolors": style.INK, "linewidths": 0.5}
    style.panel_legend(
        axes[:across], [axes[0].scatter([], [], c=colours[g], label=label(g, lang), **look) for g in scale]
    )
    said = style.word("multiples_caption", lang, first=label(cycles[0], lang), last=label(cycles[-1], lang))
    return style.finish(chart, title, said, spoken)


def _range(score: pd.Series) -> tuple[float, float]:
    """Axis over all scores, at least ten points wide."""
    low, high = float(score.min()), float(score.max())
    room = max(2.0, (LEAST_SPAN - (high - low)) / 2)
    return max(0.0, low - room), min(high + room, max(high, 101.0))


def _small(ax: Axes, part: pd.DataFrame, cycles: Sequence[str], scale: Mapping[str, float], name: str) -> str:
    """One unit's course, its last score printed; what it says in words."""
    colours = style.grade_colours(list(scale))
    tops = [101.0, *list(scale.values())[:-1]]
    for (grade, cut), top in zip(scale.items(), tops, strict=True):
        ax.axhspan(cut, top, color=colours[grade], alpha=0.16, linewidth=0, zorder=0)
    x = [cycles.index(c) for c in part["cycle"]]
    ax.plot(x, part["score"], color=style.MUTED, linewidth=1.1, zorder=1)
    face = [colours.get(g, "white") for g in part["grade"]]
    ax.scatter(x, part["score"], c=face, s=22, edgecolors=style.INK, linewidths=0.5, zorder=3)
    last = tables.fmt(part["score"].iloc[-1], 1)
    ax.set_title(f"{style.wrap(name, 16)}\n{last}", linespacing=1.2)
    ax.grid(visible=False)
    return f"{name} " + ", ".join(
        f"{c} {tables.fmt(s, 1)}" for c, s in zip(part["cycle"], part["score"], strict=True)
    )


def change_slope(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Compared totals of every unit then and now; colour, marker and line tell the verdict.

    Parameters
    ----------
    frame : rows of the total of table "changes", of one pair of cycles.
    """
    frame = frame[(frame["level"] == "total") & (frame["unit"] != ALL_UNITS)].dropna(subset="change")
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(max(10, 1.1 * style.lines(len(frame))), lang)
    ax.grid(visible=True, axis="y")
    for row in style.rows(frame):
        colour, marker = style.VERDICTS[row.verdict]
        told = row.verdict in ("improved", "declined")
        face = "white" if row.verdict == "inconclusive" else colour
        ax.plot([0, 1], [row.estimate0, row.estimate1], marker=marker, color=colour, mfc=face, ms=5,
                linewidth=2.0 if told else 0.9, linestyle="--" if row.verdict == "declined" else "-",
                zorder=3 if told else 2)  # fmt: skip
    ends = {str(r.unit): pd.DataFrame({"score": [r.estimate1]}) for r in style.rows(frame)}
    ax.set_xticks([0, 1], [label(str(frame[c].iloc[0]), lang) for c in ("baseline", "cycle")])
    ax.set_xlim(-0.12, 1.2)
    ax.set_ylabel(style.word("score", lang))
    _least_span(ax)
    _end_labels(ax, ends, 1, lang, label)
    style.verdict_legend(ax, style.unique(frame["verdict"]), lang)
    spoken = [
        " ".join([style.named("unit", r.unit, lang, label), *tables.fmt_all([r.estimate0, r.estimate1], 1),
                  tables.code("verdict", r.verdict, lang)])
        for r in style.rows(frame)
    ]  # fmt: skip
    return style.finish(chart, title, style.word("change_slope_caption", lang), spoken)
