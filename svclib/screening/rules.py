"""Which response rows to doubt: ten rules with absolute cuts.

No rule flags "the worst five per cent": a cycle without careless answers has hardly a flag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib import policy
from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.screening.form import Form
from svclib.screening.measure import ROW, measure
from svclib.screening.plain import duplicate, hits, missing, speed, straight_line
from svclib.screening.rarity import CHANCE

if TYPE_CHECKING:
    from svclib.params import Screening

INDEX_RULES = ("longstring", "irv", "mahalanobis", "even_odd", "near_duplicate", "burst")
RULES = ("missing", "duplicate", "straight_line", "speed", *INDEX_RULES)
KNOWN = (*RULES, "out_of_range")  # the last is applied while reading, see `sources`
MIN_ITEMS = 10  # answered, before the spread or the runs of a form say anything
SPREAD = 0.175  # of the scale: where the blocks of a form hardly differ, its halves need not agree


def cuts(rules: Screening) -> dict[str, float]:
    """The cut of every rule of `screen`, in its own unit: of the params file, else of the policy."""
    told = {
        "missing": float(rules.missing_share),
        "duplicate": 1.0,
        "straight_line": float(rules.straight_line_items),
        "speed": float(rules.seconds_per_item),
    }
    return told | {name: float(rules.cuts.get(name, policy.rule(name).cuts[0].at)) for name in INDEX_RULES}


def screen(
    responses: pd.DataFrame, form: Form, rules: Screening, *, measured: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Rows of table "exclusions": one per response row and rule that fired.

    missing : share of unanswered items, among those anybody of the same cycle and subject
        answered, above `missing_share`.
    duplicate : a later row of the same respondent, subject, unit and cycle, or a row equal
        to an earlier one in everything including its time stamps. Rows without a respondent
        and without stamps are never duplicates: equal opinions are not a copy.
    straight_line : every answered item has the same raw code, at least
        `straight_line_items` of them. Items of different scales are compared within their scale.
    speed : seconds per answered item below `seconds_per_item`, where the time is known.
    longstring : the longest run of one code covers the share `cut` of the answers, and people of
        the same level do not answer like that (`rarity.surprise`).
    irv : SD of the answers, in shares of the scale, from `cut` on: extremes by turns.
    mahalanobis : the distance exceeds the quantile `cut` of its reference distribution.
    even_odd : the halves of the blocks contradict each other, though the blocks differ.
    near_duplicate, burst : see `alike`.

    Parameters
    ----------
    responses : DataFrame
        Typed responses with raw codes (reverse items not yet recoded), unanswered = NaN.
    form : Form
        Items in the order asked.
    rules : params.Screening
        Cuts, and in `exclude` the names of the rules that exclude; the others only mark.
    measured : DataFrame, optional
        `measures` of the same rows, where they are known already.

    Raises
    ------
    ParamError
        `rules.exclude` or `rules.cuts` names an unknown rule.
    DataError
        An item has no column.
    """
    _refuse("exclude", rules.exclude, KNOWN)
    _refuse("cuts", rules.cuts, INDEX_RULES)
    rows, cut = responses.reset_index(drop=True), cuts(rules)
    codes = form.codes(rows)
    found = measures(rows, form, rules) if measured is None else measured.reset_index(drop=True)
    fired = {
        "missing": missing(rows, codes, cut["missing"]),
        "duplicate": duplicate(rows),
        "straight_line": straight_line(codes, form, cut["straight_line"]),
        "speed": speed(rows, codes, cut["speed"]),
        **_of_indices(found, cut),
    }
    parts = [_flags(rows, name, hit, rules) for name, hit in fired.items()]
    return checked("exclusions", pd.concat([empty("exclusions"), *parts], ignore_index=True))


def measures(responses: pd.DataFrame, form: Form, rules: Screening) -> pd.DataFrame:
    """`measure` with the cuts of `rules`."""
    window = policy.rule("burst_minutes").cuts[0].at
    return measure(responses.reset_index(drop=True), form, cuts(rules), minutes=window)


def _refuse(key: str, given: object, known: tuple[str, ...]) -> None:
    unknown = [name for name in given if name not in known]  # type: ignore[attr-defined]
    if unknown:
        raise ParamError(f"screening.{key} has unknown rules {unknown}; choose from {list(known)}")


def _of_indices(found: pd.DataFrame, cut: dict[str, float]) -> dict[str, pd.DataFrame]:
    """Rows that each index marks."""
    col = {name: found[name].to_numpy(dtype=float) for name in found}
    n, run = col["n_answered"], col["longest_run"]
    enough = n >= MIN_ITEMS
    rare = col["run_bits"] - np.log2(max(len(found), 1)) > CHANCE
    share = np.divide(run, n, out=np.zeros(len(found)), where=n > 0)
    far, spread = col["mahalanobis"] > col["distance_cut"], col["spread"] >= SPREAD
    fired = {
        "longstring": (enough & rare & (share >= cut["longstring"]), share),
        "irv": (enough & (col["irv"] >= cut["irv"]), col["irv"]),
        "mahalanobis": (far, col["mahalanobis"]),
        "even_odd": (enough & spread & (col["even_odd"] < cut["even_odd"]), col["even_odd"]),
        "near_duplicate": (col["identical"] >= cut["near_duplicate"] - 1e-9, col["identical"]),
        "burst": (col["burst"] >= cut["burst"], col["burst"]),
    }
    details = {
        "longstring": _texts("{}/{}", run, n),
        "irv": _texts("n={}", n),
        "mahalanobis": _texts("n={}", col["distance_items"]),
        "even_odd": _texts("n={}", col["blocks"]),
        "near_duplicate": _texts("= row {}", col["other"]),
        "burst": _texts("{}/{}", col["burst"], col["burst_of"]),
    }
    table = {name: hits(fire, value, details[name](fire)) for name, (fire, value) in fired.items()}
    where = table["mahalanobis"].index
    table["mahalanobis"]["cut"] = found["distance_cut"].to_numpy()[where]
    return table


def _texts(form: str, *numbers: np.ndarray):  # noqa: ANN202 - a function of the rows that fired
    def write(fired: np.ndarray) -> list[str]:
        return [
            form.format(*(f"{v:g}" for v in row)) for row in zip(*(n[fired] for n in numbers), strict=True)
        ]

    return write


def _flags(rows: pd.DataFrame, name: str, hit: pd.DataFrame, rules: Screening) -> pd.DataFrame:
    """Table rows of one rule; `hit` has value, detail, perhaps cut, and the index of the response row."""
    who = rows.loc[hit.index, [*ROW, "respondent", "unit"]]
    cut = hit["cut"] if "cut" in hit else cuts(rules)[name]
    return who.assign(
        rule=name, excluded=name in rules.exclude, value=hit["value"], cut=cut, detail=hit["detail"]
    )
