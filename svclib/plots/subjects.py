"""Figure on evaluators who see the same indicator differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

MARKERS = ("o", "s", "^", "D")
APART = ("rates_higher", "rates_lower")


def subject_dumbbells(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Scores that each evaluator gives the units, joined by a line, one panel per indicator.

    The line is dark, and the difference printed, where it is more than chance.

    Parameters
    ----------
    frame : table "subject_gaps" of one cycle.
    order : indicators in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "indicator", order or style.unique(frame["indicator"]))
    subjects = style.unique([*frame["subject"], *frame["other_subject"]])
    nodes, units = style.unique(frame["indicator"]), style.unique(frame["unit"])
    across = min(4, len(nodes))
    down = -(-len(nodes) // across)
    lines = down * (style.lines(len(units)) + 2.4)
    chart, axes = style.canvas(lines, lang, shape=(down, across), sharex=True, sharey=True)
    spoken: list[str] = []
    for ax, node in zip(axes, nodes, strict=False):
        part = frame[frame["indicator"] == node]
        ax.set_title(style.wrap(label(node, lang), 18), fontsize=9)
        for y, unit in enumerate(units):
            told = _unit(ax, y, part[part["unit"] == unit], subjects, (lang, label))
            name = style.named("unit", unit, lang, label)
            spoken += [f"{label(node, lang)} {name} {text}" for text in told]
        ax.set_xlabel(style.word("score_points", lang))
    for ax in axes[len(nodes) :]:
        ax.set_axis_off()
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    style.panel_legend(axes[:across], _handles(subjects, lang, label))
    return style.finish(chart, title, style.word("dumbbell_caption", lang), spoken)


def _unit(
    ax: Axes, y: int, part: pd.DataFrame, subjects: Sequence[str], words: tuple[str, Label]
) -> list[str]:
    """One unit's dots and line; what is said of its differences beyond chance."""
    if part.empty:
        return []
    scores = dict(zip(part["subject"], part["score"], strict=True))
    scores |= dict(zip(part["other_subject"], part["score_other"], strict=True))
    apart = part[part["judgement"].isin(APART)]
    ends, sure = [min(scores.values()), max(scores.values())], len(apart) > 0
    ax.plot(ends, [y, y], color=style.INK if sure else style.LIGHT, linewidth=2 if sure else 1.5, zorder=1)
    for subject, score in scores.items():
        k = subjects.index(subject)
        ax.plot(
            score, y, MARKERS[k % len(MARKERS)], color=style.SERIES[k], ms=5, mec="white", mew=0.5, zorder=2
        )
    if sure:
        largest = apart["score_gap"].abs().max()
        ax.annotate(tables.fmt(largest, 1), (ends[1], y), xytext=(5, 0), textcoords="offset points",
                    va="center", fontsize=7)  # fmt: skip
    return [_told(row, *words) for row in style.rows(apart)]


def _handles(subjects: Sequence[str], lang: str, label: Label) -> list[Line2D]:
    return [
        Line2D([], [], linestyle="", marker=MARKERS[k % len(MARKERS)], color=style.SERIES[k],
               label=style.named("subject", subject, lang, label))
        for k, subject in enumerate(subjects)
    ]  # fmt: skip


def _told(row: Any, lang: str, label: Label) -> str:
    """One difference that is more than chance."""
    first, second = (style.named("subject", s, lang, label) for s in (row.subject, row.other_subject))
    key = "subject_above" if row.score_gap > 0 else "subject_below"
    return style.word(key, lang, first=first, second=second, gap=tables.fmt(abs(row.score_gap), 1))
