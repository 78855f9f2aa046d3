"""Figures of control charts in small multiples and of funnels, a row per unit."""

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

ACROSS = 3
PANEL = 6.4  # lines of text that one small chart is high
NAMED = 20  # units of a funnel that are all named; of more, those beyond a limit
MARKERS = {
    "common": (style.MUTED, "o", 3.2),
    "unjudged": (style.MUTED, "o", 3.2),
    "improving": (style.BETTER, "^", 6.5),
    "concerning": (style.WORSE, "v", 6.5),
    "shifted": (style.INK, "D", 5.0),
}
BANDS = (("998", "#ECECEC"), ("95", "#D0D0D0"))


def control_charts(
    points: pd.DataFrame, charts: pd.DataFrame, lang: str, label: Label, *, title: str = ""
) -> Chart:
    """One small chart per row of `charts`, in their order: points, centre line, limits, target.

    Special causes are marked by colour and shape; a dotted line shows where a declared phase begins.

    Parameters
    ----------
    points : table "control_points"; charts : rows of table "control_charts"
    """
    if charts.empty:
        return style.no_data(lang, title)
    across = min(ACROSS, len(charts))
    down = -(-len(charts) // across)
    chart, axes = style.canvas(down * PANEL, lang, shape=(down, across))
    spoken = []
    for ax, row in zip(axes, style.rows(charts), strict=False):
        keys = ["unit", "node", "every"]
        mine = points[(points[keys] == [row.unit, row.node, row.every]).all(axis=1)].sort_values("place")
        spoken.append(_small(ax, mine, row, lang, label))
    for ax in axes[len(charts) :]:
        ax.set_axis_off()
    _variation_legend(axes[:across], style.unique(points["variation"]), lang)
    return style.finish(chart, title, style.word("chart_caption", lang), spoken)


def _small(ax: Axes, mine: pd.DataFrame, row: Any, lang: str, label: Label) -> str:
    """One chart, and what it says in words."""
    x = mine["place"].to_numpy()
    for _, part in mine.groupby("phase", sort=True):
        at = part["place"].to_numpy(dtype=float)
        edge = np.r_[at[0] - 0.5, at, at[-1] + 0.5]
        low, high = (np.pad(part[c].to_numpy(), 1, mode="edge") for c in ("limit_low", "limit_high"))
        ax.fill_between(edge, low, high, color=style.LIGHT, alpha=0.55, linewidth=0, zorder=0)
        ax.plot(
            edge, np.pad(part["centre"].to_numpy(), 1, mode="edge"), color=style.INK, linewidth=0.8, zorder=1
        )
        if at[0] > x[0]:
            ax.axvline(at[0] - 0.5, color=style.INK, linestyle=":", linewidth=0.9)
    if np.isfinite(row.target):
        ax.axhline(row.target, color=style.INK, linestyle="--", linewidth=0.8, zorder=1)
    ax.plot(x, mine["value"], color=style.MUTED, linewidth=0.9, zorder=2)
    for variation, part in mine.groupby("variation", sort=True):
        colour, marker, size = MARKERS[str(variation)]
        ax.plot(part["place"], part["value"], marker, color=colour, ms=size, zorder=3)
    name = style.joined(pd.DataFrame([row._asdict()]), ("unit",), lang, label)[0]
    node = style.named("node", row.node, lang, label)
    trial = style.word("chart_trial", lang) if row.status == "trial" else ""
    ax.set_title(style.wrap(f"{name} {node}{trial}", 26), fontsize=8)
    ax.set_xticks([x[0], x[-1]], [str(mine["at"].iloc[0]), str(mine["at"].iloc[-1])], fontsize=6.5)
    ax.get_xticklabels()[0].set(ha="left")
    ax.get_xticklabels()[-1].set(ha="right")
    ax.tick_params(axis="y", labelsize=7)
    ax.locator_params(axis="y", nbins=4)
    ax.set_xlim(x[0] - 0.6, x[-1] + 0.6)
    return f"{name} {node} {tables.fmt(row.value, 2)} {tables.code('variation', row.variation, lang)}"


def _variation_legend(axes: Sequence[Axes], found: Sequence[str], lang: str) -> None:
    handles = []
    for variation, (colour, marker, size) in MARKERS.items():
        if variation in found and variation != "unjudged":
            text = tables.code("variation", variation, lang)
            handles += axes[0].plot([], [], marker, color=colour, ms=size, linestyle="none", label=text)
    if handles:
        style.panel_legend(axes, handles)


def funnel(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Every unit of each indicator against its own 95 % and 99.8 % limits, the most precise on top.

    Parameters
    ----------
    frame : table "funnel" of one cycle; order : indicators in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "indicator", order)
    indicators = style.unique(frame["indicator"])
    across = min(2, len(indicators))
    down = -(-len(indicators) // across)
    most = int(frame.groupby("indicator").size().max())
    chart, axes = style.canvas(down * (style.lines(most) * 0.85 + 2.4), lang, shape=(down, across))
    spoken: list[str] = []
    for ax, indicator in zip(axes, indicators, strict=False):
        rows = frame[frame["indicator"] == indicator]
        rows = rows.iloc[np.argsort((rows["high_998"] - rows["low_998"]).to_numpy(), kind="stable")]
        spoken += _funnel_panel(ax, rows, lang, label)
        ax.set_title(style.wrap(label(str(indicator), lang), 30))
    for ax in axes[len(indicators) :]:
        ax.set_axis_off()
    return style.finish(chart, title, style.word("funnel_caption", lang), spoken)


def _funnel_panel(ax: Axes, rows: pd.DataFrame, lang: str, label: Label) -> list[str]:
    y = np.arange(len(rows))
    for name, colour in BANDS:
        low = rows[f"low_{name}"].to_numpy()
        ax.barh(y, rows[f"high_{name}"] - low, left=low, height=1.0, color=colour, linewidth=0, zorder=0)
    ax.axvline(float(rows["centre"].iloc[0]), color=style.INK, linewidth=0.9, zorder=1)
    names = style.units_of(rows["unit"], lang, label)
    for at, row in zip(y, style.rows(rows), strict=True):
        colour, marker, size = MARKERS[_variation(row.status)]
        face = "white" if row.status.endswith("_95") else colour
        ax.plot(row.value, at, marker, color=colour, mfc=face, ms=size, zorder=3)
    shown = [
        n if len(rows) <= NAMED or s != "within" else "" for n, s in zip(names, rows["status"], strict=True)
    ]
    style.rows_axis(ax, shown, 18)
    ax.tick_params(axis="both", labelsize=7.5)
    ax.locator_params(axis="x", nbins=4)
    told = zip(names, rows["value"], rows["status"], strict=True)
    return [f"{n} {tables.fmt(v, 2)} {tables.code('status', s, lang)}" for n, v, s in told if s != "within"]


def _variation(status: str) -> str:
    side = status.partition("_")[0]
    return {"within": "common", "better": "improving", "worse": "concerning"}.get(side, "shifted")
