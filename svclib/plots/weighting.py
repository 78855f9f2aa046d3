"""Figures on weights and on the consistency of the experts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label


def weights(
    frame: pd.DataFrame,
    experts: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Local weight of every node as a bar, the experts as dots, both weights printed.

    Parameters
    ----------
    frame : table "weights".
    experts : table "expert_weights" (may be empty); the group row is not drawn again.
    order : nodes in the order wanted; each dimension is followed by its indicators.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = _tree(style.ordered(frame, "node", order))
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    spoken: list[str] = []
    for y, (row, share) in enumerate(zip(style.rows(frame), frame["global"], strict=True)):
        colour = style.SERIES[0] if row.level == "dimension" else style.SERIES[1]
        ax.barh(y, row.local, color=colour, height=0.62, zorder=1)
        own = experts[(experts["item"] == row.node) & (experts["expert"] != "group")]["weight"]
        ax.plot(own, np.full(len(own), y), "o", ms=4, mfc="white", mec=style.INK, mew=0.8, zorder=3)
        text = f"{tables.fmt(row.local, 3)} ({tables.fmt(share, 3)})"
        style.beside(ax, y, text)
        spoken.append(f"{label(str(row.node), lang)} {text}")
    style.rows_axis(ax, [label(n, lang) for n in frame["node"]], 30)
    for tick, level in zip(ax.get_yticklabels(), frame["level"], strict=True):
        tick.set_color(style.INK if level == "dimension" else "#555555")
    widest = max([frame["local"].max(), *experts["weight"]])
    ax.set_xlim(0, 1.05 * widest)
    ax.set_xlabel(style.word("local_weight", lang))
    methods = [style.named("method", m, lang, label) for m in style.unique(frame["method"]) if m]
    dots = style.word("expert_dots", lang) if len(experts) else ""
    made = style.word("methods", lang, methods=style.word("comma", lang).join(methods))
    return style.finish(
        chart, title, style.caption(lang, style.word("weight_caption", lang), dots, made), spoken
    )


def _tree(frame: pd.DataFrame) -> pd.DataFrame:
    """Every dimension followed by its own indicators, otherwise in the order given."""
    top = frame["level"] == "dimension"
    place = {name: k for k, name in enumerate(frame["node"][top])}
    branch = frame["node"].where(top, frame["parent"]).map(place)
    return frame.assign(branch=branch, below=~top).sort_values(["branch", "below"], kind="stable")


def consistency(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Consistency ratio of every expert and of the group, with the limit.

    Parameters
    ----------
    frame : table "consistency".
    """
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    names = style.joined(frame, ("parent", "expert"), lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        colour = style.BETTER if row.passed else style.WORSE
        ax.plot([0, row.cr], [y, y], color=colour, linewidth=1.6)
        ax.plot(row.cr, y, "o" if row.passed else "v", color=colour, clip_on=False, zorder=3)
        text = f"CR={tables.fmt(row.cr, 3)}" + ("" if row.passed else " " + style.word("over_limit", lang))
        style.beside(ax, y, text)
        spoken.append(f"{name} {text}")
    style.rows_axis(ax, names, 30)
    limits = style.unique(frame["max_cr"])
    for limit in limits:
        ax.axvline(limit, color=style.INK, linestyle="--", linewidth=0.9)
    ax.set_xlim(0, 1.1 * max(frame["cr"].max(), *limits, 0.01))
    ax.set_xlabel(style.word("cr", lang))
    ri = [style.named("ri_table", t, lang, label) for t in style.unique(frame["ri_table"]) if t]
    text = style.word(
        "cr_caption", lang, limit=tables.short(limits[0]), table=style.word("comma", lang).join(ri)
    )
    return style.finish(chart, title, text, spoken)
