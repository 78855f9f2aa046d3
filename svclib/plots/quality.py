"""Figures on the answers and on the reliability of the scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

HATCHED: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": style.MUTED,
    "hatch": "////",
    "linewidth": 0.5,
}


def response_profile(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Valid answers per unit, stacked by channel, one panel per evaluator; excluded ones hatched.

    Parameters
    ----------
    frame : table "response_profile" of one cycle; small groups made one ("*") are left out.
    order : units in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame[frame["subject"] != "*"], "unit", order)
    subjects, units, channels = (style.unique(frame[c]) for c in ("subject", "unit", "channel"))
    colours: dict[str, str] = dict(zip(channels, style.SERIES * len(channels), strict=False))
    chart, axes = style.canvas(len(units) + 1.5, lang, shape=(1, len(subjects)), sharey=True)
    spoken: list[str] = []
    for ax, subject in zip(axes, subjects, strict=True):
        part, name = frame[frame["subject"] == subject], style.named("subject", subject, lang, label)
        for y, unit in enumerate(units):
            n = _stack(ax, y, part[part["unit"] == unit], colours)
            spoken.append(f"{style.named('unit', unit, lang, label)} {name} n={n}")
        ax.set_title(name)
        ax.margins(x=0.22)
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    names = {label(c, lang) if c else style.word("no_channel", lang): colours[c] for c in channels}
    handles = [Patch(color=colour, label=name) for name, colour in names.items()]
    handles.append(Patch(**HATCHED, label=style.word("excluded", lang)))
    style.panel_legend(axes, handles)
    return style.finish(chart, title, style.word("response_caption", lang), spoken)


def _stack(ax: Axes, y: int, rows: pd.DataFrame, colours: dict[str, str]) -> int:
    """Segments of one unit; the number printed is the valid n."""
    left, n = 0, 0
    for row in style.rows(rows):
        ax.barh(y, row.n, left=left, color=colours[str(row.channel)], height=0.7)
        left, n = left + row.n, n + row.n
    excluded = sum(rows["n_excluded"])
    if excluded:
        ax.barh(y, excluded, left=left, height=0.7, **HATCHED)
    ax.annotate(
        str(n), (left + excluded, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8
    )
    return int(n)


def missing_items(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Missing share of every item, one marker per evaluator.

    Parameters
    ----------
    frame : table "item_profile" of one cycle.
    order : items in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "item", order)
    items, subjects = style.unique(frame["item"]), style.unique(frame["subject"])
    chart, (ax,) = style.canvas(len(items) + 1, lang)
    apart = min(0.22, 0.7 / len(subjects))  # markers of equal shares would hide each other
    for subject, colour, marker in zip(subjects, style.SERIES, "osD^vP", strict=False):
        part = frame[frame["subject"] == subject]
        y = [
            items.index(i) + apart * subjects.index(subject) - apart * (len(subjects) - 1) / 2
            for i in part["item"]
        ]
        text = style.named("subject", subject, lang, label)
        ax.plot(100 * part["missing_share"], y, marker, color=colour, label=text, clip_on=False, zorder=3)
    style.rows_axis(ax, [label(i, lang) for i in items])
    ax.grid(visible=True, axis="y")
    widest = max(5, 110 * frame["missing_share"].max())
    ax.set_xlim(-0.02 * widest, widest)
    ax.set_xlabel(style.word("missing_share", lang))
    if len(subjects) > 1:
        style.legend(ax, ax.get_lines())
    spoken = [
        f"{name} {tables.percent(share)}"
        for name, share in zip(
            style.joined(frame, ("subject", "item"), lang, label), frame["missing_share"], strict=True
        )
    ]
    return style.finish(chart, title, style.word("missing_caption", lang), spoken)


def reliability_forest(
    frame: pd.DataFrame, lang: str, label: Label, *, policy: float, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Reliability coefficient with interval per dimension and evaluator, and the policy line.

    Parameters
    ----------
    frame : table "reliability" of one cycle; rows without an estimate are left out.
    policy : the least value asked for.
    order : dimensions in the order wanted.
    """
    frame = style.ordered(frame.dropna(subset="estimate"), "dimension", order)
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    names = style.joined(frame, ("stat", "variant", "subject", "dimension"), lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        colour = style.BETTER if row.estimate >= policy else style.WORSE
        style.interval_line(ax, y, row.ci_low, row.ci_high, colour)
        ax.plot(row.estimate, y, "o" if row.estimate >= policy else "v", color=colour, zorder=3)
        text = f"{tables.fmt(row.estimate, 2)} {tables.interval(row.ci_low, row.ci_high, 2)}  n={row.n}"
        style.beside(ax, y, text)
        spoken.append(f"{name} {text}")
    style.rows_axis(ax, names, 30)
    ax.axvline(policy, color=style.INK, linestyle="--", linewidth=0.9)
    ax.set_xlim(min(0.4, frame["ci_low"].min(), policy) - 0.02, 1)
    ax.set_xlabel(style.named("stat", frame["stat"].iloc[0], lang, label))
    line = style.word("policy_line", lang, value=tables.fmt(policy, 2))
    return style.finish(chart, title, style.caption(lang, line, style.confidence_text(frame, lang)), spoken)
