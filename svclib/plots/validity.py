"""Figures on whether the items measure the dimensions of the framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label


def loadings(
    frame: pd.DataFrame, lang: str, label: Label, *, cut: float, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Standardised loading with interval per item, items of a dimension together, and the cut.

    Parameters
    ----------
    frame : table "loadings" of one cycle; rows without an estimate are left out.
    cut : least loading of an item (rule "loading" of the policy).
    order : dimensions in the order wanted.
    """
    frame = style.ordered(frame.dropna(subset="estimate"), "dimension", order)
    if frame.empty:
        return style.no_data(lang, title)
    chart, (ax,) = style.canvas(len(frame) + 1, lang)
    names = style.joined(frame, ("subject", "dimension", "item"), lang, label)
    spoken: list[str] = []
    for y, (row, name) in enumerate(zip(style.rows(frame), names, strict=True)):
        colour = style.BETTER if row.estimate >= cut else style.WORSE
        style.interval_line(ax, y, row.ci_low, row.ci_high, colour)
        ax.plot(row.estimate, y, "o" if row.estimate >= cut else "v", color=colour, zorder=3)
        text = f"{tables.fmt(row.estimate, 2)} {tables.interval(row.ci_low, row.ci_high, 2)}"
        style.beside(ax, y, text)
        spoken.append(f"{name} {text}")
    style.rows_axis(ax, names, 30)
    ax.axvline(cut, color=style.INK, linestyle="--", linewidth=0.9)
    ax.set_xlim(min(0.2, frame["estimate"].min() - 0.1), 1.02)
    ax.set_xlabel(style.word("loading_axis", lang))
    told = style.word("loading_caption", lang, cut=tables.fmt(cut, 2))
    return style.finish(chart, title, style.caption(lang, told, style.confidence_text(frame, lang)), spoken)


def scree(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Eigenvalues of the factors against those of shuffled answers, a panel per evaluator.

    Parameters
    ----------
    frame : table "eigenvalues" of one cycle.
    order : evaluators in the order wanted.
    """
    frame = style.ordered(frame[(frame["stat"] == "factors") & frame["eigenvalue"].notna()], "subject", order)
    if frame.empty:
        return style.no_data(lang, title)
    subjects = style.unique(frame["subject"])
    chart, axes = style.canvas(7, lang, shape=(1, len(subjects)), sharey=True)
    spoken: list[str] = []
    for ax, subject in zip(axes, subjects, strict=True):
        part, name = frame[frame["subject"] == subject], style.named("subject", subject, lang, label)
        _roots(ax, part, lang)
        ax.set_title(name)
        kept = part.loc[part["retained"], "eigenvalue"]
        spoken.append(f"{name} {len(kept)}: {' '.join(tables.fmt(value, 2) for value in kept)}".rstrip(": "))
    axes[0].set_ylabel(style.word("scree_axis", lang))
    handles = [
        Line2D([], [], color=style.MUTED, linestyle="--", label=style.word("chance_line", lang)),
        Line2D([], [], color=style.BETTER, marker="o", label=style.word("scree_axis", lang)),
    ]
    style.panel_legend(axes, handles)
    caption = style.word("scree_caption", lang, draws=int(frame["draws"].iloc[0]))
    return style.finish(chart, title, caption, spoken)


def _roots(ax: Axes, part: pd.DataFrame, lang: str) -> None:
    ax.plot(part["component"], part["by_chance"], linestyle="--", color=style.MUTED, linewidth=1)
    ax.plot(part["component"], part["eigenvalue"], color=style.BETTER, linewidth=1)
    for kept, face in ((True, style.BETTER), (False, "white")):
        rows = part[part["retained"] == kept]
        ax.plot(
            rows["component"], rows["eigenvalue"], "o", color=style.BETTER, markerfacecolor=face, zorder=3
        )
    ax.set_xlabel(style.word("component_axis", lang))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(visible=True, axis="y")


def distinctness(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    cuts: tuple[float, float],
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """HTMT below the diagonal, factor correlations above it, of one evaluator; close pairs framed.

    Parameters
    ----------
    frame : table "discriminant" of one cycle and one evaluator.
    cuts : from where two dimensions are close, and not distinct, on the upper limit of the HTMT.
    order : dimensions in the order wanted.
    """
    frame = frame[frame["stat"].isin(["htmt", "phi"]) & frame["estimate"].notna()]
    if frame.empty:
        return style.no_data(lang, title)
    place = {name: i for i, name in enumerate(order)}
    names = sorted(
        style.unique([*frame["dimension"], *frame["other"]]), key=lambda d: place.get(d, len(place))
    )
    chart, (ax,) = style.canvas(1.6 * len(names) + 1, lang)
    spoken: list[str] = []
    for row in style.rows(frame):
        y, x = sorted((names.index(row.dimension), names.index(row.other)), reverse=row.stat == "htmt")
        _cell(ax, x, y, row, cuts)
        pair = style.word("joiner", lang).join(label(d, lang) for d in (row.dimension, row.other))
        told = f"{tables.fmt(row.estimate, 2)} {tables.interval(row.ci_low, row.ci_high, 2)}"
        spoken.append(f"{pair} {style.named('stat', row.stat, lang, label)} {told}")
    style.rows_axis(ax, [label(d, lang) for d in names])
    ax.set_xticks(range(len(names)), [style.wrap(label(d, lang), 12) for d in names])
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.grid(visible=False)
    close, merged = (tables.fmt(cut, 2) for cut in cuts)
    level = tables.short_percent(frame["confidence"].iloc[0])
    told = style.word("htmt_caption", lang, close=close, cut=merged, confidence=level)
    return style.finish(chart, title, told, spoken)


def _cell(ax: Axes, x: int, y: int, row: Any, cuts: tuple[float, float]) -> None:
    shade = float(np.clip(abs(row.estimate), 0, 1))
    ax.add_patch(
        Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, facecolor=style.BETTER, alpha=0.08 + 0.4 * shade)
    )
    width = 0.0 if row.stat == "phi" or not row.ci_high >= cuts[0] else 2.4 if row.ci_high >= cuts[1] else 1.0
    if width:
        ax.add_patch(
            Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=style.WORSE, linewidth=width)
        )
    told = f"{tables.fmt(row.estimate, 2)}\n{tables.interval(row.ci_low, row.ci_high, 2)}"
    ax.annotate(told, (x, y), ha="center", va="center", fontsize=8)
