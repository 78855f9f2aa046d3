"""The five principles of an indicator system, a line per criterion: table "principles"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.columns import checked
from svclib.principles.material import Material, sources

PRINCIPLES = ("comprehensive", "representative", "operable", "dynamic", "sustainable")
ADEQUATE = "adequate"
TOLD = "told"  # stated for the record, no rule judges it
CHANCE = "chance"  # fails the rule, but units are too few to build on
STAGES = ("key", "process", "result")
SHOWN = 5  # names listed as evidence; n_found counts them all
# A definition that changes one of these makes another indicator of the same name.
MEASURED = ("kind", "better", "unit", "items", "scale", "reverse", "per", "subjects", "source", "score")


class Finding(NamedTuple):
    """One criterion before it is judged: its number, how many of how many, what it concerns."""

    criterion: str
    value: float
    n_found: int
    n_checked: int
    evidence: str = ""
    shaky: bool = False  # too few units to tell the failure from chance


class Made(NamedTuple):
    """Tables made earlier in the review."""

    indicators: pd.DataFrame
    items: pd.DataFrame
    pairs: pd.DataFrame
    smart: pd.DataFrame


def principles(m: Material, made: Made) -> pd.DataFrame:
    """Table "principles": value, cut and judgement of every criterion, with what it concerns.

    value is the worst one met, or a share or a count; n_found of n_checked objects fail the
    rule `design_<criterion>` of the policy.  Without such a rule a criterion is "told": it
    informs and is not judged.  "chance" fails the rule, but on too few units to build on.
    data_cost counts questions (value) and indicators from records (n_found): the framework
    has no field for what they cost.
    """
    found = {
        "comprehensive": _comprehensive(m),
        "representative": _representative(made),
        "operable": _operable(m, made),
        "dynamic": _dynamic(m, made),
        "sustainable": _sustainable(m, made),
    }
    rows = [{"principle": p, **_judged(f)} for p, findings in found.items() for f in findings]
    return checked("principles", pd.DataFrame(rows).assign(cycle=m.cycle))


def _judged(finding: Finding) -> dict:
    name, row = f"design_{finding.criterion}", finding._asdict()
    shaky = row.pop("shaky")
    if name not in policy.load().rules:
        return {**row, "cut": np.nan, "judgement": TOLD}
    label = str(policy.judge(finding.value, name)[0])
    if label == policy.NOT_COMPUTED and not finding.evidence:
        row["evidence"] = "nothing_to_check"
    doubted = shaky and label not in (ADEQUATE, policy.NOT_COMPUTED)
    return {**row, "cut": cut_of(policy.rule(name)), "judgement": CHANCE if doubted else label}


def cut_of(rule: policy.Rule) -> float:
    """Where "adequate" begins, or where it ends when it lies below the first cut."""
    return next((cut.at for cut in rule.cuts if cut.label == ADEQUATE), rule.cuts[0].at)


def _worst(criterion: str, values: Mapping[str, float] | pd.Series) -> Finding:
    """The worst of `values` by name, and the names that fail the rule, worst first."""
    rule = policy.rule(f"design_{criterion}")
    known = pd.Series(values, dtype=float).dropna()
    if known.empty:
        return Finding(criterion, np.nan, 0, 0)
    known = known.sort_values(ascending=rule.below != ADEQUATE, kind="stable")
    failed = known[policy.judge(known.to_numpy(), rule) != ADEQUATE]
    return Finding(criterion, float(known.iloc[0]), len(failed), len(known), named(failed.index))


def _share(criterion: str, hit: Mapping[str, bool] | pd.Series, *, good: bool) -> Finding:
    """Share of names that are hit; named are the hit ones, or the others where a hit is good."""
    flags = pd.Series(hit, dtype=bool)
    if flags.empty:
        return Finding(criterion, np.nan, 0, 0)
    failed = flags[flags != good]
    return Finding(criterion, float(flags.mean()), len(failed), len(flags), named(failed.index))


def named(names: Iterable[object]) -> str:
    """Evidence that names objects, all or the first ones."""
    told = list(dict.fromkeys(str(n).translate(_PLAIN) for n in names))
    if not told:
        return ""
    return f"{'found' if len(told) <= SHOWN else 'first'}:{','.join(told[:SHOWN])}"


# Evidence joins ids by ";" and names by ","; a name may hold neither.
_PLAIN = str.maketrans({",": "，", ";": "；"})


def _comprehensive(m: Material) -> list[Finding]:
    dimensions = m.framework.dimensions
    counts = {d.name: len(d.indicators) for d in dimensions}
    stages = {i.stage for i in m.framework.indicators}
    absent = [s for s in STAGES if s not in stages]
    raters = {d.name: len({s for i in d.indicators for s in i.subjects}) for d in dimensions}
    origins = {d.name: len({s for i in d.indicators for s in sources(i)}) for d in dimensions}
    told = ";".join(f"absent_{s}" for s in absent)
    return [
        _worst("few_indicators", counts),
        _worst("many_indicators", counts),
        Finding("stages", float(len(stages)), len(absent), len(STAGES), told),
        _worst("raters", raters),
        _worst("origins", origins),
        _worst("largest_weight", m.global_weights["global"]),
    ]


def _representative(made: Made) -> list[Finding]:
    spread, items = made.indicators.set_index("indicator"), made.items
    few = bool(policy.judge(spread["n_units"].max(), "design_units")[0] != ADEQUATE)
    asked = items.groupby("dimension", sort=False)["item"].nunique()
    return [
        _worst("few_items", asked),
        _pairs(made.pairs, "indicator"),
        _pairs(made.pairs, "item"),
        _share("constant", (spread["sd"] < 1e-9)[spread["sd"].notna()], good=False),
        _worst("best_share", spread["best_share"]),
        _worst("separation", spread["separation"]),
        _worst("item_icc", _by_item(items, "icc", highest=False)),
        _worst("ceiling", _by_item(items, "ceiling_share")),
        _worst("floor", _by_item(items, "floor_share")),
        _worst("effective_ratio", spread["effective_ratio"])._replace(shaky=few),
        _worst("largest_effective", spread["effective"])._replace(shaky=few),
    ]


def _pairs(pairs: pd.DataFrame, level: str) -> Finding:
    """The highest correlation of all pairs, and the pair it is found in."""
    rows = pairs[(pairs["level"] == level) & pairs["r"].notna()].assign(size=lambda f: f["r"].abs())
    if rows.empty:
        return Finding(f"redundant_{level}", np.nan, 0, 0)
    rows = rows.sort_values("size", ascending=False, kind="stable")
    failed, by_chance = (rows[rows["judgement"] == j] for j in ("review", CHANCE))
    # One pair that counts goes before a higher one that few units give by chance.
    shown = failed if len(failed) else rows
    first = named(shown[["a", "b"]].iloc[0]) if len(failed) or len(by_chance) else ""
    note = "by_chance" if len(failed) and len(by_chance) else ""
    return Finding(
        f"redundant_{level}",
        float(shown["size"].iloc[0]),
        len(failed) or len(by_chance),
        len(rows),
        ";".join(part for part in (first, note) if part),
        shaky=failed.empty,
    )


def _by_item(items: pd.DataFrame, column: str, *, highest: bool = True) -> pd.Series:
    """The worst of a column over evaluators, by item."""
    grouped = items.groupby("item", sort=False)[column]
    return grouped.max() if highest else grouped.min()


def _operable(m: Material, made: Made) -> list[Finding]:
    every = m.now(m.scores)
    every = every[(every["subject"] == "") & (every["status"] != "not_applicable")]
    absent = every["status"] != "ok"
    empty = every[absent]["indicator"].value_counts()
    blocks = made.items.groupby("dimension", sort=False)["missing_share"].mean()
    by_hand = [i.name for i in m.framework.indicators if i.source == "kpis"]
    cells = Finding("empty_cells", float(absent.mean()), int(absent.sum()), len(every), named(empty.index))
    return [
        _worst("unanswered_item", _by_item(made.items, "missing_share")),
        _worst("unanswered_block", blocks),
        cells,
        Finding(
            "data_cost",
            float(len(m.framework.items)),
            len(by_hand),
            len(m.framework.indicators),
            "cost_not_declared",
        ),
    ]


def _dynamic(m: Material, made: Made) -> list[Finding]:
    judged = m.now(m.targets)
    judged = judged[judged["status"].isin(["met", "missed"])]
    met = judged.groupby("indicator", sort=False)["status"].agg(lambda s: (s == "met").all())
    return [
        _declared(made.smart, "target"),
        _declared(made.smart, "warn"),
        _share("met_by_all", met, good=False),
        _revised(m),
        _unmoved(m),
        _declared(made.smart, "frequency"),
    ]


def _declared(smart: pd.DataFrame, field: str) -> Finding:
    return _share(f"has_{field}", smart[smart["field"] == field].set_index("indicator")["present"], good=True)


def _revised(m: Material) -> Finding:
    """Indicators whose target or warning value is another one than before."""
    if m.before is None:
        return Finding("revised", np.nan, 0, 0, "no_baseline")
    old = {i.name: (i.target, i.warn) for i in m.before.indicators}
    sheet = m.now(m.targets)
    moved = set(sheet.loc[sheet["revisions"] > 0, "indicator"])
    both = [i for i in m.framework.indicators if i.name in old]
    hit = [i.name for i in both if i.name in moved or (i.target, i.warn) != old[i.name]]
    return Finding("revised", len(hit) / len(both) if both else np.nan, len(hit), len(both), named(hit))


def _unmoved(m: Material) -> Finding:
    """Indicators with the same value in both cycles, in every unit that has both."""
    if not m.baseline:
        return Finding("unmoved", np.nan, 0, 0, "no_baseline")
    columns = ["unit", "indicator", "value"]
    both = m.headline()[columns].merge(m.headline(m.baseline)[columns], on=["unit", "indicator"])
    same = (both["value_x"] - both["value_y"]).abs() < 1e-9
    return _share("unmoved", same.groupby(both["indicator"], sort=False).all(), good=False)


def _sustainable(m: Material, made: Made) -> list[Finding]:
    used = dict.fromkeys(i.source for i in m.framework.indicators)
    nobody = [s for s in used if not m.owners.get(s)]
    told = ";".join(f"no_collector_{s}" for s in nobody)
    collectors = Finding("has_collector", 1 - len(nobody) / len(used), len(nobody), len(used), told)
    kept = [_declared(made.smart, f) for f in ("owner", "definition", "advice")]
    return [*kept, collectors, _continuous(m)]


def _continuous(m: Material) -> Finding:
    """Indicators that the baseline measured the same way."""
    if m.before is None:
        return Finding("continuous", np.nan, 0, 0, "no_baseline")
    old = {i.name: i.model_dump(include=set(MEASURED)) for i in m.before.indicators}
    same = {i.name: i.model_dump(include=set(MEASURED)) == old.get(i.name) for i in m.framework.indicators}
    return _share("continuous", same, good=True)
