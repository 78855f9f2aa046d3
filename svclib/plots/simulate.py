"""Figures on simulated cycles: wrong grades near a cut, and the power of a comparison by sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label


def misgrading(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """Share of wrong grades by the distance of the true score to the nearest cut, a line per case.

    Parameters
    ----------
    frame : table "misgrading".
    """
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(10, lang)
    places = sorted(set(frame["distance_low"]))
    names = {row.distance_low: _range(row.distance_low, row.distance_high) for row in style.rows(frame)}
    spoken = []
    for (case, _), colour in zip(frame.groupby(["case", "size"]), style.SERIES, strict=False):
        part = frame[(frame["case"] == case[0]) & (frame["size"] == case[1])]
        at = [places.index(d) for d in part["distance_low"]]
        name = _case(part.iloc[0], lang, label)
        ax.errorbar(
            at,
            part["share"],
            yerr=2 * part["share_se"].fillna(0.0),
            fmt="o-",
            color=colour,
            label=name,
            capsize=2,
        )
        spoken += [
            f"{name} {names[row.distance_low]}: {tables.percent(row.share)}" for row in style.rows(part)
        ]
    ax.set_xticks(range(len(places)), [names[p] for p in places])
    ax.set_ylim(bottom=0)
    _percent(ax, style.word("distance_axis", lang), style.word("misgraded_axis", lang))
    style.legend(ax, ax.get_legend_handles_labels()[0])
    return style.finish(chart, title, style.word("misgraded_caption", lang), spoken)


def power(
    frame: pd.DataFrame, lang: str, label: Label, *, wanted: float, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Certainty of seeing a true change by questionnaires per unit, a panel per change, a line per node.

    Parameters
    ----------
    frame : table "power".
    wanted : certainty aimed at, drawn as a dashed line.
    order : nodes in the order of their colours.
    """
    if frame.empty:
        return style.no_data(lang, title)
    changes = sorted(set(frame["true_change"]))
    chart, axes = style.canvas(11, lang, shape=(1, len(changes)), sharey=True)
    nodes = style.unique(style.ordered(frame, "node", ["total", *order])["node"])
    spoken = []
    for ax, change in zip(axes, changes, strict=True):
        for node, colour, marker in zip(nodes, style.SERIES, "osD^vP", strict=False):
            part = frame[(frame["node"] == node) & (frame["true_change"] == change)].sort_values("n")
            name = style.named("node", node, lang, label)
            ax.plot(part["n"], part["power"], marker=marker, color=colour, label=name)
            spoken += [f"{name} n={row.n}: {tables.percent(row.power)}" for row in style.rows(part)]
        ax.axhline(wanted, color=style.INK, linestyle="--", linewidth=0.9)
        ax.set_xscale("log", base=2)
        ax.set_xticks(ticks := sorted(set(frame["n"])), [str(t) for t in ticks], rotation=60)
        ax.set_title(style.word("times_mid", lang, times=tables.short(change)))
        _percent(ax, style.word("n_axis", lang), "")
    axes[0].set_ylabel(style.word("power_axis", lang))
    axes[-1].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    caption = style.word("power_caption", lang, wanted=tables.short_percent(wanted))
    return style.finish(chart, title, caption, spoken)


def _percent(ax: Axes, across: str, up: str) -> None:
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.grid(visible=True, axis="y")
    ax.set_xlabel(across)
    ax.set_ylabel(up)


def _range(low: float, high: float) -> str:
    return f"{tables.short(low)}–{tables.short(high)}" if np.isfinite(high) else f"≥{tables.short(low)}"


def _case(row: pd.Series, lang: str, label: Label) -> str:
    name = style.named("case", row["case"], lang, label)
    return name if row["size"] == 1 else f"{name} ×{tables.short(row['size'])}"
