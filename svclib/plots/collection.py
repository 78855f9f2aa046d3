"""Figures on what came back, whom it represents, and how groups answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

PLACE = ("unit", "subject", "channel")
HOLLOW: dict[str, Any] = {"markerfacecolor": "white", "linestyle": "none"}


def return_rates(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Questionnaires issued and returned, a bar per row; overdue rows in the colour of a warning.

    Parameters
    ----------
    frame : table "collection" of one cycle; rows on records, or without a number issued, are left out.
    order : units in the order wanted.
    """
    asked = (frame["source"] == "responses") & frame["issued"].notna()
    frame = style.ordered(frame[asked], "unit", order)
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    names = style.joined(frame, PLACE, lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        ax.barh(y, row.issued, color=style.LIGHT, height=0.7)
        ax.barh(y, row.returned, color=style.WORSE if row.overdue else style.BETTER, height=0.4)
        text = f"{row.returned}/{tables.fmt(row.issued, 0)}  {tables.percent(row.return_rate)}"
        text += f"  {style.word('overdue', lang)}" if row.overdue else ""
        style.beside(ax, y, text)
        spoken.append(f"{name} {text}")
    style.rows_axis(ax, names, 30)
    ax.set_xlabel(style.word("return_axis", lang))
    return style.finish(chart, title, style.word("return_caption", lang), spoken)


def channel_mix(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Share of each channel among those who answered (filled) and among those served (hollow).

    Parameters
    ----------
    frame : table "mix" of one cycle; cells without a population are left out.
    order : units in the order wanted.
    """
    frame = style.ordered(frame.dropna(subset="gap"), "unit", order)
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1.5, lang)
    names = style.joined(frame, PLACE, lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        ends = [100 * row.population_share, 100 * row.share]
        ax.plot(ends, [y, y], color=style.LIGHT, linewidth=2, zorder=1)
        ax.plot(ends[0], y, "o", color=style.INK, clip_on=False, **HOLLOW)
        ax.plot(ends[1], y, "o", color=style.BETTER, clip_on=False, zorder=3)
        style.beside(ax, y, tables.signed(100 * row.gap, 1))
        shares = f"{tables.percent(row.share)} / {tables.percent(row.population_share)}"
        spoken.append(f"{name} {shares}")
    style.rows_axis(ax, names, 30)
    ax.set_xlim(0, None)
    ax.set_xlabel(style.word("share_axis", lang))
    texts = [style.word(key, lang) for key in ("respondents", "population")]
    filled = Line2D([], [], color=style.BETTER, marker="o", linestyle="none", label=texts[0])
    style.legend(ax, [filled, Line2D([], [], color=style.INK, marker="o", label=texts[1], **HOLLOW)])
    return style.finish(chart, title, style.word("mix_caption", lang), spoken)


def authenticity(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Rate of answers the call-backs confirmed, with its interval, per unit, and the rate asked for.

    Parameters
    ----------
    frame : table "authenticity" of one cycle.
    order : units in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "unit", order)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    names = style.units_of(frame["unit"], lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        met = row.judgement == "ok"
        colour = style.BETTER if met else style.WORSE
        text = style.word("nobody", lang)
        if row.n_reached:
            style.interval_line(ax, y, 100 * row.rate_low, 100 * row.rate_high, colour)
            ax.plot(100 * row.rate, y, "o" if met else "v", color=colour, zorder=3, clip_on=False)
            text = f"{row.n_confirmed}/{row.n_reached}  {tables.percent(row.rate)}"
        style.beside(ax, y, text)
        spoken.append(f"{name} {text}")
    style.rows_axis(ax, names)
    required = frame["min_rate"].iloc[0]
    ax.axvline(100 * required, color=style.INK, linestyle="--", linewidth=0.9)
    ax.set_xlim(max(0, min(60, *(100 * frame["rate_low"].fillna(1) - 2))), 100)
    ax.set_xlabel(style.word("rate_axis", lang))
    line = style.word("required", lang, value=tables.short_percent(required))
    return style.finish(chart, title, style.caption(lang, line, style.confidence_text(frame, lang)), spoken)


def distribution(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Shares of the answer categories, a bar per indicator and member, the middle category centred.

    Parameters
    ----------
    frame : table "distribution" of one unit and aspect.
    order : indicators in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "indicator", order)
    heads = frame.drop_duplicates(["indicator", "member"])
    chart, (ax,) = style.canvas(len(heads) + 1.5, lang)
    names = style.joined(heads, ("indicator", "member"), lang, label)
    spoken: list[str] = []
    scales: list[list[str]] = []
    for y, (row, name) in enumerate(zip(style.rows(heads), names, strict=True)):
        mine = frame[(frame["indicator"] == row.indicator) & (frame["member"] == row.member)]
        mine = mine.sort_values("category", key=lambda texts: texts.map(_lowest))
        _diverging(ax, y, 100 * mine["share"].to_numpy())
        text = f"{tables.fmt(row.mean, 2)}  n={row.n}"
        style.beside(ax, y, text)
        shares = " ".join(tables.percent(s, 0) for s in mine["share"])
        spoken.append(f"{name} {shares} {text}")
        scales.append(list(mine["category"]))
    style.rows_axis(ax, names, 30)
    ax.axvline(0, color=style.MUTED, linewidth=0.8)
    ax.set_xlim(ax.dataLim.x0 - 2, ax.dataLim.x1 + 2)
    ticks = [x for x in ax.get_xticks() if ax.dataLim.x0 - 2 <= x <= ax.dataLim.x1 + 2]
    ax.set_xticks(ticks, [tables.fmt(abs(x), 0) for x in ticks])
    ax.set_xlabel(style.word("answer_shares", lang))
    style.legend(ax, _keys(scales, lang))
    return style.finish(chart, title, style.word("distribution_caption", lang), spoken)


def _lowest(category: str) -> float:
    """Lower end of a category, "3" or "20–40"."""
    return float(category.split("–")[0])


def _diverging(ax: Axes, y: int, shares: np.ndarray) -> None:
    """Segments from the lowest category leftwards of the middle to the highest on the right."""
    ends = np.concatenate([[0.0], np.cumsum(shares)])
    middle = len(shares) // 2
    centre = ends[middle] + (shares[middle] / 2 if len(shares) % 2 else 0.0)
    for start, share, colour in zip(ends - centre, shares, _colours(len(shares)), strict=False):
        ax.barh(y, share, left=start, color=colour, height=0.7)


def _colours(count: int) -> list[str]:
    """Lowest to highest, through grey where there is a middle."""
    between = LinearSegmentedColormap.from_list("answers", style.GRADES[::-1])
    return [to_hex(between(x)) for x in np.linspace(0, 1, count)]


def _keys(scales: Sequence[Sequence[str]], lang: str) -> list[Patch]:
    """The categories where all rows share them, otherwise the two ends."""
    first = list(scales[0])
    if any(list(scale) != first for scale in scales):
        first = [style.word("lowest", lang), style.word("highest", lang)]
    return [Patch(color=colour, label=text) for colour, text in zip(_colours(len(first)), first, strict=True)]
