"""Figures on change between two cycles, and on targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

UNJUDGED = ("not_comparable", "not_judged")


def change_forest(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Changes with interval and the band that does not matter, one panel per unit of measure.

    Colour and marker tell the verdict; the arrow under a panel tells which way is better.

    Parameters
    ----------
    frame : rows of table "changes"; rows without a change are left out.
    order : nodes in the order wanted.
    """
    frame = style.ordered(frame.dropna(subset="change"), "node", order)
    if frame.empty:
        return style.no_data(lang, title)
    groups = list(frame.groupby(_panel(frame, lang, label), sort=False))
    sizes = [len(part) + 1.6 for _, part in groups]
    chart, axes = style.canvas(
        sum(sizes) + len(groups), lang, shape=(len(groups), 1), gridspec_kw={"height_ratios": sizes}
    )
    spoken: list[str] = []
    for ax, (measure, part) in zip(axes, groups, strict=True):
        names = style.joined(part, ("unit", "node"), lang, label)
        for y, (row, name) in enumerate(zip(style.rows(part), names, strict=True)):
            spoken.append(f"{name} {_change_row(ax, y, row, lang)}")
        style.rows_axis(ax, names)
        ax.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
        ax.set_xlabel(style.word("change_in", lang, measure=str(measure)))
    style.verdict_legend(axes[0], style.unique(frame["verdict"]), lang)
    told = style.word("rebound_caption", lang) if any(_rebounds(row) for row in style.rows(frame)) else ""
    text = style.caption(lang, style.confidence_text(frame, lang), style.word("mid_band", lang), told)
    return style.finish(chart, title, text, spoken)


def _panel(frame: pd.DataFrame, lang: str, label: Label) -> pd.Series:
    """Axis of each row: the unit of measure, and which way is better where the rows say so."""
    terms = tables.words(lang)["terms"]
    texts = []
    for row in style.rows(frame):
        composite = row.level != "indicator"
        name = style.word("score_points", lang) if composite else label(str(row.measure), lang)
        name = terms["percentage_points"].strip() if name == "%" else name
        name = terms["percent_axis"] if row.mid_on == "percent" else name
        way = {1: "higher_better", -1: "lower_better"}.get(np.sign(row.change * row.gain), "either_better")
        texts.append(style.word(way, lang, measure=name))
    return pd.Series(texts, index=frame.index)


def _change_row(ax: Axes, y: int, row: Any, lang: str) -> str:
    """One row, and what it says in words."""
    colour, marker = style.VERDICTS[row.verdict]
    if np.isfinite(row.mid):
        ax.barh(y, 2 * row.mid, left=-row.mid, height=0.8, color=style.LIGHT, alpha=0.6, zorder=0)
    if row.verdict not in UNJUDGED:
        style.interval_line(ax, y, row.ci_low, row.ci_high, colour)
    ax.plot(
        row.change,
        y,
        marker,
        color=colour,
        mfc="white" if row.verdict == "inconclusive" else colour,
        ms=6,
        zorder=3,
    )
    verdict = tables.code("verdict", row.verdict, lang)
    text = tables.signed(row.change, 2)
    if np.isfinite(row.ci_low) and row.verdict not in UNJUDGED:
        text = f"{text} {tables.interval(row.ci_low, row.ci_high, 2)}"
    if _rebounds(row):
        text = f"{text}\n{_beyond(ax, y, row, lang)}"
    style.beside(ax, y, f"{text}  {verdict}")
    return f"{text} {verdict}".replace("\n", " ")


def _rebounds(row: Any) -> bool:
    """Whether the verdict of a row goes by what exceeds the expected rebound."""
    return "rtm" in row.flags.split(";") and np.isfinite(row.change_beyond_rtm)


def _beyond(ax: Axes, y: int, row: Any, lang: str) -> str:
    """What exceeds the expected rebound below the change itself; what it says in words."""
    low, high, at = row.beyond_low, row.beyond_high, y + 0.3
    ax.plot([low, high], [at, at], color=style.INK, linewidth=0.9, linestyle=":", zorder=2)
    ax.plot(row.change_beyond_rtm, at, "D", color=style.INK, ms=3.5, zorder=3)
    net = f"{tables.signed(row.change_beyond_rtm, 2)} {tables.interval(low, high, 2)}"
    return style.word("net_of_rebound", lang, net=net)


def targets_dots(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Value of every unit against the target, one panel per indicator; hollow = not certain.

    Parameters
    ----------
    frame : table "targets" of one cycle; rows that were not judged are left out.
    order : indicators in the order wanted.
    """
    judged = frame[frame["status"].isin(["met", "missed"])]
    frame = style.ordered(judged, "indicator", order)
    if frame.empty:
        return style.no_data(lang, title)
    indicators, units = style.unique(frame["indicator"]), style.unique(frame["unit"])
    across = 2 if len(indicators) in (2, 4) else min(3, len(indicators))
    down = -(-len(indicators) // across)
    chart, axes = style.canvas(down * (len(units) + 2.2), lang, shape=(down, across), sharey=True)
    spoken: list[str] = []
    for ax, indicator in zip(axes, indicators, strict=False):
        rows = frame[frame["indicator"] == indicator]
        spoken += [_target_row(ax, units.index(row.unit), row, lang, label) for row in style.rows(rows)]
        for edge in style.unique(rows["target"]):
            ax.axvline(edge, color=style.INK, linestyle="--", linewidth=0.9)
        ax.set_title(style.wrap(label(indicator, lang), 22))
        _target_limits(ax, rows)
        ax.locator_params(axis="x", nbins=3)
    for ax in axes[len(indicators) :]:
        ax.set_axis_off()
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    _target_legend(axes[:across], lang)
    return style.finish(chart, title, style.word("target_caption", lang), spoken)


def _target_limits(ax: Axes, rows: pd.DataFrame) -> None:
    """Axis over values, target and the middling interval: one very wide must not squeeze the others."""
    low = np.nanmin([*rows["value"], *rows["target"], rows["ci_low"].quantile(0.5, "higher")])
    high = np.nanmax([*rows["value"], *rows["target"], rows["ci_high"].quantile(0.5, "lower")])
    room = 0.25 * (high - low) or 1.0
    ax.set_xlim(low - room, high + room)


def _target_row(ax: Axes, y: int, row: Any, lang: str, label: Label) -> str:
    met = row.status == "met"
    colour = style.BETTER if met else style.WORSE
    style.interval_line(ax, y, row.ci_low, row.ci_high, colour)
    ax.plot(
        row.value,
        y,
        "o" if met else "v",
        color=colour,
        mfc=colour if row.certain else "white",
        ms=6,
        zorder=3,
    )
    status = tables.code("status", row.status, lang)
    name = f"{style.named('unit', row.unit, lang, label)} {label(row.indicator, lang)}"
    return f"{name} {tables.fmt(row.value, 2)} {status}"


def _target_legend(axes: Sequence[Axes], lang: str) -> None:
    met, missed = (tables.code("status", s, lang) for s in ("met", "missed"))
    handles = [
        *axes[0].plot([], [], "o", color=style.BETTER, label=met),
        *axes[0].plot([], [], "v", color=style.WORSE, label=missed),
        *axes[0].plot([], [], "o", color=style.MUTED, mfc="white", label=style.word("uncertain", lang)),
    ]
    style.panel_legend(axes, handles)
