"""What the framework and the targets declare about every indicator: table "smart"."""

from __future__ import annotations

import pandas as pd

from svclib.columns import checked
from svclib.principles.material import Material

# Doran, G. T. (1981). There's a S.M.A.R.T. way to write management's goals and objectives.
# Management Review 70(11), 35-36.  Which field speaks for which letter is our own reading.
FIELDS = {
    "specific": ("definition", "step"),
    "measurable": ("unit", "warn"),
    "achievable": ("target", "attained", "owner"),
    "relevant": ("weight", "advice"),
    "time_bound": ("frequency", "due"),
}


def smart(m: Material) -> pd.DataFrame:
    """Table "smart": per indicator whether each field is filled in.

    Text fields count when they are not empty.  target and due count where the framework or
    the targets sheet gives one for any unit, attained where any unit with a value has met
    its target, weight where the weight is above 0.
    """
    aims, weights = m.now(m.targets), m.global_weights["global"]
    told = []
    for indicator in m.framework.indicators:
        mine = aims[aims["indicator"] == indicator.name]
        present = {f: bool(getattr(indicator, f)) for f in ("definition", "step", "unit", "owner", "advice")}
        present |= {
            "frequency": bool(indicator.frequency),
            "warn": indicator.warn is not None or bool(mine["warn"].notna().any()),
            "target": indicator.target is not None or bool(mine["target"].notna().any()),
            "attained": bool((mine["status"] == "met").any()),
            "weight": float(weights.get(indicator.name, 0.0)) > 0,
            "due": bool((mine["due"] != "").any()),
        }
        told += [
            (m.cycle, indicator.name, aspect, field, present[field])
            for aspect, fields in FIELDS.items()
            for field in fields
        ]
    return checked("smart", pd.DataFrame(told, columns=["cycle", "indicator", "aspect", "field", "present"]))
