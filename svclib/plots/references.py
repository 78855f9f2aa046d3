"""Figures that hold values against external references, which are never scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

DASHES: tuple[Any, ...] = ("--", ":", "-.", (0, (8, 3)), (0, (1, 1)), (0, (5, 2, 1, 2, 1, 2)))


def reference_dots(
    frame: pd.DataFrame,
    references: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Value of every unit with the external references as lines, one panel per indicator.

    Parameters
    ----------
    frame : unit, node, value, ci_low, ci_high, measure (`actions.against`).
    references : table "references".
    order : nodes in the order wanted.
    """
    frame = style.ordered(frame.dropna(subset="value"), "node", order)
    if frame.empty:
        return style.no_data(lang, title)
    nodes, units = style.unique(frame["node"]), style.unique(frame["unit"])
    across = 2 if len(nodes) in (2, 4) else min(3, len(nodes))
    down = -(-len(nodes) // across)
    chart, axes = style.canvas(down * (len(units) + 2.2), lang, shape=(down, across), sharey=True)
    lines = references[references["indicator"].isin(nodes)]
    dashes = {n: DASHES[i % len(DASHES)] for i, n in enumerate(style.unique(lines["name"]))}
    spoken: list[str] = []
    for ax, node in zip(axes, nodes, strict=False):
        rows, own = frame[frame["node"] == node], lines[lines["indicator"] == node]
        _panel(ax, rows, own, units, dashes)
        measure = label(rows["measure"].iloc[0], lang)
        ax.set_title(style.wrap(f"{label(node, lang)} ({measure})" if measure else label(node, lang), 22))
        spoken += [f"{style.named('unit', r.unit, lang, label)} {label(node, lang)} {tables.fmt(r.value, 2)}"
                   for r in style.rows(rows)]  # fmt: skip
        spoken += [
            f"{name} {tables.short(v)}" for name, v in zip(_names(own, lang), own["value"], strict=True)
        ]
    for ax in axes[len(nodes) :]:
        ax.set_axis_off()
    style.rows_axis(axes[0], style.units_of(units, lang, label))
    _legend(chart, lines, dashes, lang)
    return style.finish(chart, title, style.word("reference_caption", lang), spoken)


def _names(references: pd.DataFrame, lang: str) -> list[str]:
    return [str(r.name_en or r.name) if lang == "en" else str(r.name) for r in style.rows(references)]


def _legend(chart: Chart, lines: pd.DataFrame, dashes: Mapping[str, Any], lang: str) -> None:
    """Every reference by name over the panels, three to a line."""
    each = lines.drop_duplicates("name")
    handles = [
        Line2D([], [], color=style.WORSE, linestyle=dashes[key], label=name)
        for key, name in zip(each["name"], _names(each, lang), strict=True)
    ]
    place: dict[str, Any] = {"loc": "outside upper left", "ncols": min(3, len(handles)), "handlelength": 3}
    chart.legend(
        handles=handles, title=style.word("reference", lang), alignment="left", **place, **style.LEGEND
    )


def _panel(
    ax: Axes, rows: pd.DataFrame, own: pd.DataFrame, units: Sequence[str], dashes: Mapping[str, Any]
) -> None:
    for row in style.rows(rows):
        y = units.index(row.unit)
        style.interval_line(ax, y, row.ci_low, row.ci_high, style.BETTER)
        ax.plot(row.value, y, "o", color=style.BETTER, ms=6, zorder=3)
    for row in style.rows(own):
        ax.axvline(row.value, color=style.WORSE, linestyle=dashes[row.name], linewidth=1.1, zorder=1)
    ends = [*rows["value"], *own["value"]]
    low = np.nanmin([*ends, rows["ci_low"].quantile(0.5, "higher")])
    high = np.nanmax([*ends, rows["ci_high"].quantile(0.5, "lower")])
    room = 0.15 * (high - low) or 1.0
    ax.set_xlim(low - room, high + room)
    ax.locator_params(axis="x", nbins=3)
