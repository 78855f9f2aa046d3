"""What a framework looks like from outside: a table of its indicators, a hash of its numbers."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svclib.framework.models import Framework, Indicator, Target

_INDICATOR_WORDING = {
    *(
        "en",
        "expectation",  # enters no score
        "unit_en",
        "stage",
        "step",
        "owner",
        "frequency",
        "definition",
        "advice",
        "step_en",
        "owner_en",
        "advice_en",
    ),
}
_WORDING: Any = {
    **dict.fromkeys(
        ("name", "en", "version", "unit_label", "unit_label_en", "subjects_en", "channels_en", "names_en"),
        True,
    ),
    # Consequences are proposals that follow from grades; they change no number.
    "consequences": True,
    "groups": {"__all__": {"en": True}},
    "adjustments": {"items": {"__all__": {"en", "clause", "clause_en"}}},
    "grades": {"scale_en": True, "limits": {"__all__": {"clause", "clause_en"}}},
    "dimensions": {"__all__": {"en": True, "indicators": {"__all__": _INDICATOR_WORDING}}},
}


def _exact(value: Any) -> Any:
    """Numbers to 12 digits, so that weights written as 40/60 and 0.4/0.6 are the same."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return f"{value:.12g}"
    if isinstance(value, dict):
        return {key: _exact(v) for key, v in value.items()}
    if not isinstance(value, list | tuple):
        return value
    inner = [_exact(v) for v in value]
    named = bool(inner) and all(isinstance(v, dict) and "name" in v for v in inner)
    return sorted(inner, key=lambda v: v["name"]) if named else inner


def numbers(framework: Framework) -> dict[str, Any]:
    """What of a framework changes numbers: its content without names, words and consequences."""
    bare = framework.model_copy(update={"groups": framework.own_groups})
    return _exact(bare.model_dump(exclude=_WORDING))


def number_hash(framework: Framework) -> str:
    """SHA-256 of what changes numbers."""
    text = json.dumps(numbers(framework), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(target: Target | None, end: int) -> float:
    if target is None:
        return math.nan
    return target[end] if isinstance(target, tuple) else target


def row(indicator: Indicator) -> dict[str, Any]:
    """One row of `Framework.table`."""
    mid = indicator.mid
    plain = ("dimension", "name", "kind", "better", "source", "per", "uncertainty", "stage", "step", "owner")
    return {
        **{("indicator" if key == "name" else key): getattr(indicator, key) for key in plain},
        "measure": indicator.unit,
        "weight": math.nan if indicator.weight is None else indicator.weight,
        "target": _text(indicator.target, 0),
        "target_high": _text(indicator.target, 1),
        "warn": _text(indicator.warn, 0),
        "warn_high": _text(indicator.warn, 1),
        "veto": str(indicator.veto or ""),
        "mid": math.nan if mid is None else mid.value,
        "mid_on": "" if mid is None else mid.on,
        "items": " ".join(indicator.items),
        "subjects": " ".join(indicator.subjects),
        "definition": indicator.definition,
        "advice": indicator.advice,
    }
