"""Figure on the way from the base to the target."""

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

TICK = 0.36  # half the height of a target mark, of a row


def target_tracker(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Base, value with interval, target and stretch target of every unit, one panel per indicator.

    Beside a missed target stands the share of the way done; one table row is one line, so that
    fifty units can be read.

    Parameters
    ----------
    frame : rows of table "targets" of one cycle; rows that were not judged are left out.
    order : indicators in the order wanted.
    """
    frame = style.ordered(frame[frame["status"].isin(["met", "missed"])], "indicator", order)
    if frame.empty:
        return style.no_data(lang, title)
    panels = list(frame.groupby("indicator", sort=False))
    sizes = [style.lines(len(part)) + 1.8 for _, part in panels]
    chart, axes = style.canvas(
        sum(sizes) + len(panels), lang, shape=(len(panels), 1), gridspec_kw={"height_ratios": sizes}
    )
    spoken: list[str] = []
    for ax, (indicator, part) in zip(axes, panels, strict=True):
        names = style.units_of(part["unit"], lang, label)
        for y, (row, name) in enumerate(zip(style.rows(part), names, strict=True)):
            spoken.append(f"{name} {label(str(indicator), lang)} {_track(ax, y, row, lang)}")
        style.rows_axis(ax, names)
        _limits(ax, part)
        ax.set_xlabel(_measure(str(indicator), part["measure"].iloc[0], lang, label))
    _legend(axes[0], frame, lang)
    caption = style.caption(lang, style.word("uncertain", lang), style.word("tracker_caption", lang))
    return style.finish(chart, title, caption, spoken)


def _measure(indicator: str, measure: str, lang: str, label: Label) -> str:
    name, unit = label(indicator, lang), label(measure, lang)
    form: str = tables.words(lang)["terms"]["within"]
    return form.format(name=name, parts=unit) if unit else name


def _limits(ax: Axes, rows: pd.DataFrame) -> None:
    """Axis over what is marked and the middling interval: one very wide must not squeeze the others."""
    marked = rows[["value", "base", "target", "stretch"]].to_numpy(dtype=float)
    low = np.nanmin([np.nanmin(marked), rows["ci_low"].quantile(0.5, "higher")])
    high = np.nanmax([np.nanmax(marked), rows["ci_high"].quantile(0.5, "lower")])
    room = 0.06 * (high - low) or 1.0
    ax.set_xlim(low - room, high + room)


def _track(ax: Axes, y: int, row: Any, lang: str) -> str:
    """One row, and what it says in words."""
    met = row.status == "met"
    colour = style.BETTER if met else style.WORSE
    if np.isfinite(row.base):
        ax.plot(row.base, y, "D", color=style.MUTED, ms=4.5, zorder=2)
        look: dict[str, Any] = {"arrowstyle": "->", "color": style.MUTED, "shrinkA": 3, "shrinkB": 4}
        ax.annotate("", (row.value, y), xytext=(row.base, y), arrowprops=look, zorder=2)
    style.interval_line(ax, y, row.ci_low, row.ci_high, colour)
    face = colour if row.certain else "white"
    ax.plot(row.value, y, "o" if met else "v", color=colour, mfc=face, ms=6, zorder=3)
    for at, width in ((row.target, 2.6), (row.stretch, 1.0)):
        ax.plot([at, at], [y - TICK, y + TICK], color=style.INK, linewidth=width, zorder=2)
    status = tables.code("status", row.status, lang)
    text = " ".join(part for part in (tables.fmt(row.value, 2), status, _done(row, lang)) if part)
    style.beside(ax, y, text)
    return text


def _done(row: Any, lang: str) -> str:
    """The share of the way to a missed target, or that it led away from it."""
    if row.status == "met" or pd.isna(row.achieved):
        return ""
    if row.achieved < 0:
        return style.word("tracker_away", lang)
    return style.word("tracker_achieved", lang, share=tables.percent(row.achieved, 0))


def _legend(ax: Axes, frame: pd.DataFrame, lang: str) -> None:
    """What the marks are; base and stretch target only where a row has one."""
    marks: list[tuple[str, str, dict[str, Any]]] = [
        ("o", tables.code("status", "met", lang), {"color": style.BETTER}),
        ("v", tables.code("status", "missed", lang), {"color": style.WORSE}),
        ("|", style.word("tracker_target", lang), {"color": style.INK, "ms": 10, "mew": 2.6}),
    ]
    if frame["stretch"].notna().any():
        marks.append(("|", style.word("tracker_stretch", lang), {"color": style.INK, "ms": 10, "mew": 1.0}))
    if frame["base"].notna().any():
        marks.append(("D", style.word("tracker_base", lang), {"color": style.MUTED, "ms": 4.5}))
    handles = [ax.plot([], [], m, label=text, linestyle="none", **look)[0] for m, text, look in marks]
    style.panel_legend([ax], handles)
