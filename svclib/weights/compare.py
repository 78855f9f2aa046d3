"""Weights by every method the data allow, beside those that apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.columns import TABLES
from svclib.errors import SvcError
from svclib.weights import objective
from svclib.weights.judgements import GROUP, TOTAL
from svclib.weights.level import Level, Sources, Tier, tiers
from svclib.weights.objective import Weighed
from svclib.weights.resolve import by_panel, weigh

if TYPE_CHECKING:
    from svclib.framework import Framework, Method, Weighting

_EVERYONE = "everyone"
_PANELS = (("eigenvector", "aij"), ("eigenvector", "aip"), ("geometric", "aij"))


def methods(
    framework: Framework,
    weights: pd.DataFrame,
    *,
    judgments: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table "weight_methods": the local weights each method would give, one row per child.

    Parameters
    ----------
    weights : table "weights" of the framework, the weights that apply.
    judgments, scores, responses : as for `resolve`; methods without their data are left out.

    Returns
    -------
    DataFrame
        node, parent, method, variant, local, applied, relative, note.  Judgements are also
        shown with the experts above max_cr, variant "everyone".  A method that the data refuse
        has local NaN and note "not_computed".
    """
    applied = weights.set_index("node")["local"]
    local = {tier.parent: applied.loc[list(tier.names)].to_numpy(float) for tier in tiers(framework)}
    inner = [tier for tier in tiers(framework) if tier.parent != TOTAL]
    sources = Sources(judgments, scores, responses, framework).of_dimensions(inner, local)
    rows: list[dict[str, object]] = []
    for tier in tiers(framework):
        if len(tier.names) > 1:
            rows += _in_use(tier, weights[weights["parent"] == tier.parent])
            rows += [row for rule in _others(tier, sources) for row in _by(tier.by(rule), sources)]
            rows += _everyone(tier, sources)
    return pd.DataFrame(rows, columns=list(TABLES["weight_methods"].all_columns))


def _in_use(tier: Tier, weights: pd.DataFrame) -> list[dict[str, object]]:
    rule = tier.weighting
    variant = rule.combine or _variant(rule)
    kept = weights[["node", "parent", "method", "local", "relative", "note"]]
    return [
        {str(k): v for k, v in row.items()}
        for row in kept.assign(variant=variant, applied=True).to_dict("records")
    ]


def _variant(rule: Method) -> str:
    return ";".join((rule.variant, rule.group or "aij")) if rule.method == "ahp" else rule.variant


def _others(tier: Tier, sources: Sources) -> Iterator[Method]:
    """Methods whose data are there, but for the one in use."""
    rule = tier.weighting
    of = rule.of or (rule,)
    known = [*rule.of, _bare(rule, "equal")]
    if all(w is not None for w in tier.written):
        known.append(_bare(rule, "direct"))
    if _judged(tier, sources):
        known += [_bare(rule, "ahp", how=how, group=group) for how, group in _PANELS]
    if sources.scores is not None and len(sources.scores):
        known += [_bare(rule, method) for method in objective.METHODS]
    seen = set() if rule.of else {_key(of[0])}
    for other in known:
        if _key(other) not in seen:
            seen.add(_key(other))
            yield other


def _key(rule: Method) -> tuple[str, str]:
    return rule.method, _variant(rule)


def _bare(rule: Weighting, method: str, **more: object) -> Method:
    """Another method under the settings of the panel that the level has."""
    base = next((part for part in rule.parts if part.method == "ahp"), rule.parts[0])
    return base.model_copy(
        update={"method": method, "how": None, "group": None, "columns": (), "order": (), **more}
    )


def _judged(tier: Tier, sources: Sources) -> bool:
    """Whether the children of the tier are compared in the judgements."""
    if sources.judgments is None:
        return False
    parents = ["", TOTAL] if tier.parent == TOTAL else [tier.parent]
    return bool(sources.judgments["parent"].isin(parents).any())


def _by(level: Level, sources: Sources) -> list[dict[str, object]]:
    try:
        found = weigh(level, sources)
    except SvcError:  # said in the table: the data do not allow this method here
        found = Weighed(np.full(len(level.names), np.nan), ["not_computed"] * len(level.names))
    return [
        _row(level, name, _variant(level.rule), w, note)
        for name, w, note in zip(level.names, *found, strict=True)
    ]


def _row(level: Level, name: str, variant: str, weight: float, note: str) -> dict[str, object]:
    return {
        "node": name,
        "parent": level.parent,
        "method": level.rule.method,
        "variant": variant,
        "local": weight,
        "applied": False,
        "relative": level.rule.relative and level.rule.from_ is None,
        "note": note,
    }


def _everyone(tier: Tier, sources: Sources) -> list[dict[str, object]]:
    """The panel with the experts that consistency leaves out, where it leaves any out."""
    rule = next((part for part in tier.weighting.parts if part.method == "ahp"), None)
    if rule is None:
        return []
    level = tier.by(rule.model_copy(update={"max_cr": np.inf}))
    tables = by_panel(level, sources.needed(level, "judgments"))
    if (tables["consistency"]["cr"] <= rule.max_cr).all():
        return []
    group = tables["expert_weights"].set_index(["expert", "item"])["weight"].loc[GROUP]
    variant = f"{_variant(rule)};{_EVERYONE}"
    return [_row(level, name, variant, float(group[name]), "") for name in tier.names]
