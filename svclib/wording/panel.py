"""Sentences on Delphi rounds: where they stand, and what the panel does not agree on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.tables import Label
from svclib.wording.templates import Part, Writer, records


def delphi(rounds: pd.DataFrame, items: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "delphi_rounds": the last round of each level, then its items not agreed on.

    Parameters
    ----------
    rounds, items : tables "delphi_rounds" and "delphi_items".
    """
    writer = Writer("delphi_rounds", lang, label)
    for (kind, parent), level in rounds.groupby(["kind", "parent"], sort=False):
        last = records(level.sort_values("round").tail(1))[0]
        parts: list[Part] = [("delphi.round", last)]
        if np.isfinite(last["estimate"]):
            parts.append(("delphi.concordance", last))
        if np.isfinite(last["change"]):
            parts.append(("delphi.change", last))
        writer.say(parts)
        here = (items["kind"] == kind) & (items["parent"] == parent) & (items["round"] == last["round"])
        for row in records(items[here & (items["judgement"] != "agreed")]):
            writer.say(
                [("delphi.split", row)], key={k: last[k] for k in ("cycle", "kind", "parent", "round")}
            )
    return writer.claims()
