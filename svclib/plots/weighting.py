"""Figures on weights and on the consistency of the experts."""

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

DOTS = 12


def weights(
    frame: pd.DataFrame,
    experts: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Local weight of every node as a bar, the experts who judged it over it, both weights printed.

    Up to 12 experts are dots; of more, a line from the tenth to the ninetieth percentile and the median.

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
        _experts(ax, y, own.to_numpy(dtype=float))
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
    key = "expert_marks" if _many(experts, "item") else "expert_dots"
    dots = style.word(key, lang) if len(experts) else ""
    made = style.word("methods", lang, methods=style.word("comma", lang).join(methods))
    return style.finish(
        chart, title, style.caption(lang, style.word("weight_caption", lang), dots, made), spoken
    )


def _many(frame: pd.DataFrame, by: str) -> bool:
    """Whether more experts than can be told apart share one row of the figure."""
    own = frame[frame["expert"] != "group"]
    return len(own) > 0 and int(own.groupby(["parent", by]).size().max()) > DOTS


def _experts(ax: Axes, y: float, own: np.ndarray) -> None:
    if len(own) > DOTS:
        low, middle, high = np.percentile(own, [10, 50, 90])
        style.interval_line(ax, y, low, high, style.INK)
        own = np.array([middle])
    ax.plot(own, np.full(len(own), y), "o", ms=4, mfc="white", mec=style.INK, mew=0.8, zorder=3)


def _tree(frame: pd.DataFrame) -> pd.DataFrame:
    """Every dimension followed by its own indicators, otherwise in the order given."""
    top = frame["level"] == "dimension"
    place = {name: k for k, name in enumerate(frame["node"][top])}
    branch = frame["node"].where(top, frame["parent"]).map(place)
    return frame.assign(branch=branch, below=~top).sort_values(["branch", "below"], kind="stable")


def consistency(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    review: pd.DataFrame | None = None,
    title: str = "",
) -> Chart:
    """Consistency ratio of every expert and of the group, with the limit.

    Of more than 12 experts under a parent, one row of dots and how many are within the limit.

    Parameters
    ----------
    frame : table "consistency".
    review : table "judgement_review"; of experts above the limit the judgement to revisit is named.
    """
    if frame.empty:
        return style.no_data(lang, title)
    crowd = _many(frame.assign(item=""), "item")
    shown = frame[frame["expert"] == "group"] if crowd else frame
    parents = style.unique(frame["parent"]) if crowd else []
    chart, (ax,) = style.canvas(len(shown) + len(parents) + 1, lang)
    spoken = [_crowd(ax, y, frame[frame["parent"] == p], lang, label) for y, p in enumerate(parents)]
    spoken += [
        _ratio(ax, len(parents) + y, row, review, lang, label) for y, row in enumerate(style.rows(shown))
    ]
    names = [style.named("parent", p, lang, label) for p in parents]
    style.rows_axis(ax, [*names, *style.joined(shown, ("parent", "expert"), lang, label)], 30)
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


def _ratio(ax: Axes, y: float, row: Any, review: pd.DataFrame | None, lang: str, label: Label) -> str:
    """One expert's or the group's ratio, and above the limit what to revisit."""
    colour = style.BETTER if row.passed else style.WORSE
    ax.plot([0, row.cr], [y, y], color=colour, linewidth=1.6)
    ax.plot(row.cr, y, "o" if row.passed else "v", color=colour, clip_on=False, zorder=3)
    text = f"CR={tables.fmt(row.cr, 3)}" + ("" if row.passed else " " + style.word("over_limit", lang))
    if review is not None and not row.passed:
        for odd in style.rows(review[(review["parent"] == row.parent) & (review["expert"] == row.expert)]):
            pair = {"a": label(odd.a, lang), "b": label(odd.b, lang)}
            pair |= {k: tables.ratio(getattr(odd, k)) for k in ("value", "implied")}
            text += "\n" + style.word("revisit", lang, **pair)
    style.beside(ax, y, text)
    return f"{style.named('expert', row.expert, lang, label)} {text}"


def _crowd(ax: Axes, y: float, rows: pd.DataFrame, lang: str, label: Label) -> str:
    """Every expert under one parent as a dot; how many are within the limit."""
    own = rows[rows["expert"] != "group"]
    passed = own["passed"].to_numpy(dtype=bool)
    place = y + 0.3 * np.linspace(-1, 1, len(own))  # a spread in reading order, for dots to be told apart
    for at, colour, mark in ((passed, style.BETTER, "o"), (~passed, style.WORSE, "v")):
        ax.plot(own["cr"][at], place[at], mark, color=colour, ms=3, alpha=0.6)
    text = style.word("within_limit", lang, n=int(passed.sum()), of=len(own))
    style.beside(ax, y, text)
    return f"{style.named('parent', rows['parent'].iloc[0], lang, label)} {text}"


def weight_methods(
    frame: pd.DataFrame, lang: str, label: Label, *, order: Sequence[str] = (), title: str = ""
) -> Chart:
    """Local weights by every method the data allow; the one that applies as a bar.

    Parameters
    ----------
    frame : table "weight_methods".
    order : nodes in the order wanted.
    """
    if frame.empty:
        return style.no_data(lang, title)
    frame = style.ordered(frame, "node", order)
    nodes = style.unique(frame["node"])
    used, others = frame[frame["applied"]], frame[~frame["applied"]].dropna(subset="local")
    chart, (ax,) = style.canvas(len(nodes) + 3, lang)
    bars = used.set_index("node")["local"]
    ax.barh(range(len(nodes)), bars.loc[nodes], color=style.LIGHT, height=0.62, zorder=1)
    marks = zip("osD^vPX*", (*style.SERIES, style.INK, style.WORSE), strict=True)
    for (method, rows), (mark, colour) in zip(others.groupby("method", sort=False), marks, strict=False):
        at = rows["node"].map({node: y for y, node in enumerate(nodes)})
        name = style.named("method", method, lang, label)
        ax.plot(rows["local"], at, mark, color=colour, ms=4.5, alpha=0.85, label=name, zorder=3)
    spoken = []
    for y, node in enumerate(nodes):
        found = others.loc[others["node"] == node, "local"]
        spread = f"{tables.fmt(found.min(), 3)}–{tables.fmt(found.max(), 3)}" if len(found) else ""
        text = f"{tables.fmt(bars[node], 3)} ({spread})"
        style.beside(ax, y, text)
        spoken.append(f"{label(node, lang)} {text}")
    style.rows_axis(ax, [label(n, lang) for n in nodes], 30)
    ax.set_xlim(0, 1.05 * frame["local"].max())
    ax.set_xlabel(style.word("local_weight", lang))
    handles = ax.get_legend_handles_labels()
    chart.legend(*handles, loc="outside upper left", ncols=4, **style.LEGEND)
    return style.finish(chart, title, style.word("methods_caption", lang), spoken)


def drivers(frame: pd.DataFrame, lang: str, label: Label) -> Chart:
    """Share of each item in what explains the outcome, with its interval; hollow where chance does as well.

    Parameters
    ----------
    frame : rows of table "drivers" with one `explained` and one `parent`; those without numbers
        are left out.
    """
    known = frame.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
    if known.empty:
        return style.no_data(lang, "")
    title = style.named("parent", known["parent"].iloc[0], lang, label)
    chart, (ax,) = style.canvas(len(known) + 1, lang)
    spoken = []
    for y, row in enumerate(style.rows(known)):
        fill = style.SERIES[0] if row.judgement == "above_noise" else "white"
        style.interval_line(ax, y, 100 * row.share_low, 100 * row.share_high, style.SERIES[0])
        ax.plot(100 * row.share, y, "o", mfc=fill, mec=style.SERIES[0], zorder=3)
        text = f"{tables.percent(row.share)} ({style.named('judgement', row.judgement, lang, label)})"
        style.beside(ax, y, text)
        spoken.append(f"{label(row.node, lang)} {text}")
    style.rows_axis(ax, [label(n, lang) for n in known["node"]], 30)
    ax.set_xlim(0, 105 * known["share_high"].max())
    ax.set_xlabel(style.word("share_axis", lang))
    first = known.iloc[0]
    level = tables.short_percent(first["confidence"])
    texts = [style.word("drivers_caption", lang, outcome=label(first["explained"], lang),
                        r2=tables.percent(first["r2"]), n=int(first["n"])),
             style.word("interval", lang, confidence=level)]  # fmt: skip
    return style.finish(chart, title, style.caption(lang, *texts), spoken)
