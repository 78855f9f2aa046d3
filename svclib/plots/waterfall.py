"""A unit's way from full marks to its score and on to the next grade, and from its last score to this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from svclib import tables
from svclib.plots import style
from svclib.plots.scores import bands
from svclib.plots.style import Chart
from svclib.tables import Label

MOST_LOSSES = 10  # shown one by one; the others stand together


class Step(NamedTuple):
    """One row: a bar from `start` to `end`, its name, and the text beside it."""

    name: str
    start: float
    end: float
    text: str
    kind: str  # level; loss and gain (of a lever); rise and fall, of an indicator or of another part


HATCH = {"gain": "///", "other_rise": "....", "other_fall": "...."}
COLOUR = {
    "level": style.LIGHT,
    **dict.fromkeys(("gain", "rise", "other_rise"), style.BETTER),
    **dict.fromkeys(("loss", "fall", "other_fall"), style.WORSE),
}


def grade_waterfall(
    mine: Mapping[str, pd.DataFrame],
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    title: str = "",
) -> Chart:
    """Points lost from 100 to one unit's score, largest first, and the levers up to the next grade.

    Losses run down in orange; the levers that together reach the next grade (all there are
    where none do) run up, hatched blue.  Cuts and grades are printed above.

    Parameters
    ----------
    mine : rows of one cycle and unit of tables "contributions", "levers" and "grades".
    scale : label of each grade to its cut, best first, as it holds for the unit.
    """
    frame = mine["contributions"].dropna(subset="lost")
    frame = frame[frame["weight"] > 0].sort_values("lost", ascending=False, kind="stable")
    if frame.empty or mine["grades"].empty:
        return style.no_data(lang, title)
    row = next(style.rows(mine["grades"]))
    down = _down(frame, row, lang, label)
    steps = [*down, *_up(mine["levers"], down[-1].end, lang, label)]
    low = _left(steps, scale)
    chart, (ax,) = style.canvas(len(steps) + 1.6, lang)
    bands(ax, scale, low, lang, label)
    for y, step in enumerate(steps):
        _draw(ax, y, step, low)
    style.rows_axis(ax, [step.name for step in steps])
    ax.set_xlim(low, 100)
    ax.set_xlabel(style.word("published", lang))
    spoken = [f"{step.name} {step.text}" for step in steps]
    return style.finish(chart, title, style.word("waterfall_caption", lang), spoken)


def _down(frame: pd.DataFrame, row: Any, lang: str, label: Label) -> list[Step]:
    """Full marks, each loss, what is left of them, net bonus points, the score."""
    steps, at = [Step(style.word("full_marks", lang), 0.0, 100.0, tables.fmt(100.0, 0), "level")], 100.0
    named = [
        (label(r.indicator, lang), r.lost,
         style.word("lost_of", lang, lost=tables.fmt(-r.lost, 2), score=tables.fmt(r.score, 1)))
        for r in style.rows(frame.head(MOST_LOSSES))
    ]  # fmt: skip
    rest = frame["lost"].iloc[MOST_LOSSES:]
    if len(rest):
        name = style.word("other_indicators", lang, n=len(rest))
        named.append((name, rest.sum(), tables.fmt(-rest.sum(), 2)))
    for name, lost, text in named:
        steps.append(Step(name, at, at - lost, text, "loss"))
        at -= lost
    if row.adjustment:
        kind = "gain" if row.adjustment > 0 else "loss"
        text = f"{row.adjustment:+.2f}"
        steps.append(Step(style.word("adjustments", lang), at, at + row.adjustment, text, kind))
        at += row.adjustment
    told = style.word("ungraded", lang)
    if row.status == "graded":
        told = f"{tables.fmt(row.published, 2)} {style.named('grade', row.grade, lang, label)}"
        at = row.published
    return [*steps, Step(style.word("published", lang), 0.0, at, told, "level")]


def _up(levers: pd.DataFrame, score: float, lang: str, label: Label) -> list[Step]:
    """The levers that lift the grade together; all of them where none do."""
    chosen = levers[levers["lifts"]] if levers["lifts"].any() else levers
    steps, at = [], 0.0
    for r in style.rows(chosen.sort_values("priority")):
        text = style.word(
            "lever_gain", lang, gain=tables.fmt(r.gain_together - at, 2), target=f"{r.target:g}"
        )
        steps.append(Step(label(r.indicator, lang), score + at, score + r.gain_together, text, "gain"))
        at = r.gain_together
    return steps


def _left(steps: list[Step], scale: Mapping[str, float]) -> float:
    """Left end of the axis: below every bar's lower end and the cut below the score."""
    least = min(step.end for step in steps)
    below = max((cut for cut in scale.values() if cut <= least), default=0.0)
    return max(0.0, 5 * np.floor((max(below, least - 15) - 2) / 5))


def _draw(ax: Axes, y: int, step: Step, low: float) -> None:
    left, right = sorted((max(step.start, low), step.end))
    hatch = HATCH.get(step.kind)
    edge = style.INK if step.kind == "level" else "white" if hatch else COLOUR[step.kind]
    ax.barh(y, right - left, left=left, height=0.62, color=COLOUR[step.kind], hatch=hatch, edgecolor=edge,
            linewidth=0.5, zorder=2)  # fmt: skip
    if step.kind != "level":
        # The thin line carries the eye from this bar's end to the next row.
        ax.plot([step.end, step.end], [y, y + 1], color=style.MUTED, linewidth=0.7, zorder=1)
    style.beside(ax, y, step.text)


def change_waterfall(frame: pd.DataFrame, lang: str, label: Label, *, title: str = "") -> Chart:
    """From the published score of the last cycle to that of this one, a panel per unit.

    Blue parts rise, orange ones fall; dotted are parts that are not an indicator's performance.

    Parameters
    ----------
    frame : rows of `decomposition.largest`.
    """
    if frame.empty:
        return style.no_data(lang, title)
    panels = {str(unit): _changed(part, lang, label) for unit, part in frame.groupby("unit", sort=False)}
    sizes = [len(steps) + 1.6 for steps in panels.values()]
    chart, axes = style.canvas(
        sum(sizes) + 1.4 * len(panels), lang, shape=(len(panels), 1), gridspec_kw={"height_ratios": sizes}
    )
    spoken: list[str] = []
    for ax, (unit, steps) in zip(axes, panels.items(), strict=True):
        ends = [e for step in steps for e in (step.start, step.end) if np.isfinite(e)]
        room = 0.08 * (max(ends) - min(ends)) or 1.0
        low = min(ends) - 4 * room
        for y, step in enumerate(steps):
            _draw(ax, y, step._replace(start=low) if step.kind == "level" else step, low)
        style.rows_axis(ax, [step.name for step in steps])
        ax.set_xlim(low, max(ends) + room)
        name = style.named("unit", unit, lang, label)
        ax.set_title(name)
        spoken.append(f"{name}: " + ", ".join(f"{step.name} {step.text}" for step in steps))
    axes[-1].set_xlabel(style.word("published", lang))
    return style.finish(chart, title, style.word("change_waterfall_caption", lang), spoken)


def _changed(part: pd.DataFrame, lang: str, label: Label) -> list[Step]:
    """The score then, each part, the score now."""
    first = next(style.rows(part))
    at = first.estimate0
    steps = [Step(style.named("cycle", first.baseline, lang, label), np.nan, at, tables.fmt(at, 2), "level")]
    for row in style.rows(part):
        kind = "rise" if row.contribution > 0 else "fall"
        name = style.named("change_part", row.change_part, lang, label)
        if row.change_part == "other":
            name = style.word("other_parts", lang, n=row.n)
        if row.change_part == "performance":
            name = label(row.node, lang)
        elif row.change_part != "other":
            kind = f"other_{kind}"
        end = at + row.contribution
        steps.append(Step(name, at, end, tables.signed(row.contribution, 2), kind))
        at = end
    name = style.named("cycle", first.cycle, lang, label)
    return [*steps, Step(name, np.nan, first.estimate1, tables.fmt(first.estimate1, 2), "level")]
