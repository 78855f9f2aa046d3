"""Figure of the doubtful answers: how many of each unit, by which rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns

from svclib import tables
from svclib.plots import style
from svclib.plots.style import Chart
from svclib.tables import Label

STANDS_OUT = "▲"
LIGHT_ENOUGH = 1.6  # the blues end at this multiple of the largest share


def flag_matrix(
    frame: pd.DataFrame,
    unusual: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    order: Sequence[str] = (),
    title: str = "",
) -> Chart:
    """Flagged answers by unit and rule: the number printed, the share as shade, a mark where it stands out.

    Parameters
    ----------
    frame : table "screening" of one cycle; rules that flagged nothing are left out.
    unusual : table "unusual" of the cycle.
    order : units in the order wanted.
    """
    rows = style.ordered(frame[frame["unit"] != ""], "unit", order)
    rules = [r for r in style.unique(rows["rule"]) if rows.loc[rows["rule"] == r, "n_flagged"].sum() > 0]
    if not rules:
        return style.no_data(lang, title)
    units = style.unique(rows["unit"])
    share, count = (
        rows.pivot_table(index="unit", columns="rule", values=c).reindex(index=units, columns=rules)
        for c in ("share", "n_flagged")
    )
    odd = set(unusual.loc[unusual["unusual"], ["unit", "rule"]].itertuples(index=False, name=None))
    text = count.map(lambda n: f"{n:.0f}" if n > 0 else "")
    for unit, rule in odd & {(u, r) for u in units for r in rules}:
        text.loc[unit, rule] += f" {STANDS_OUT}"
    names = [style.named("rule", r, lang, label) for r in rules]
    called = style.units_of(units, lang, label)
    chart = _shaded(share.set_axis(called).set_axis(names, axis=1), text, lang)
    spoken = [
        f"{name}: {', '.join(f'{rule} {n}' for rule, n in zip(names, line, strict=True) if n)}"
        for name, line in zip(called, text.to_numpy(), strict=True)
        if any(line)
    ]
    caption = style.word("flags_caption", lang, largest=tables.percent(np.nanmax(share.to_numpy())))
    return style.finish(chart, title, caption, spoken)


def _shaded(share: pd.DataFrame, text: pd.DataFrame, lang: str) -> Chart:
    """Cells shaded by `share` with `text` printed; the blues stay light enough for dark print."""
    chart, (ax,) = style.canvas(1.1 * len(share) + 1, lang)
    sns.heatmap(
        share,
        ax=ax,
        annot=text.to_numpy(),
        fmt="",
        cmap="Blues",
        cbar=False,
        linewidths=1.5,
        vmin=0,
        vmax=LIGHT_ENOUGH * np.nanmax(share.to_numpy()),
        annot_kws={"fontsize": 8.5, "color": style.INK},
    )
    ax.set_xticks(np.arange(share.shape[1]) + 0.5, [style.wrap(str(n), 12) for n in share], rotation=0)
    ax.set_yticks(np.arange(len(share)) + 0.5, [style.wrap(u, 22) for u in share.index], rotation=0)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    return chart
