"""Operational records to natural values with the sampling error their counts allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError
from svclib.estimates import Estimate, Part
from svclib.estimates.means import PSEUDO_BELOW

if TYPE_CHECKING:
    from svclib.framework import Framework, Indicator
    from svclib.kpis.measured import Joint

COLUMNS = [
    *("cycle", "unit", "indicator", "subject", "value", "se", "df", "scale", "n", "status", "method", "note"),
]
# Kinds whose numerator is part of the denominator; the quotient of others is of two amounts.
SHARES = ("proportion", "checklist", "stability")


class _Value(NamedTuple):
    value: float
    se: float
    df: float
    n: int
    method: str
    scale: str = ""


def values(kpis: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Natural value and standard error of every KPI record.

    Parameters
    ----------
    kpis : DataFrame
        cycle, unit, indicator, value, numerator, denominator, n, mean, sd, status ("ok" or
        "not_applicable"); one row per cycle, unit and indicator, NaN where not given.  Measured
        records (`measure`) also have se, df, scale, method, note, and other statuses, which stay.

    Returns
    -------
    DataFrame
        cycle, unit, indicator, subject "", value, se, df, scale, n, status, method, note, in the
        units of the indicator.  An "ok" row without any number becomes "not_reported".  Where
        scale is "log", log(value) is normal with SE se/value.

    Notes
    -----
    ========== ===================================== =======================================
    method     from                                  SE
    ========== ===================================== =======================================
    binomial   numerator / denominator               sqrt(p(1-p)/n); p with half a pseudo-answer
                                                     at each end when n < 100 or p is 0 or 1
    poisson    per * events / exposure (kind rate)   per * sqrt(events + 1/2) / exposure
    mean       mean, sd, n                           sd / sqrt(n), df n - 1
    ratio      numerator / denominator, two amounts  none: entered as fixed; may exceed 100 %
    fixed      value, or mean without sd             none: enters as fixed, is never tested
    census     any, where uncertainty is census      0
    ========== ===================================== =======================================

    Raises
    ------
    DataError
        A record repeated, or counts that cannot be.
    """
    twice = kpis.duplicated(["cycle", "unit", "indicator"])
    if twice.any():
        first = kpis.loc[twice, ["cycle", "unit", "indicator"]].iloc[0].to_dict()
        raise DataError(
            f"kpis: {int(twice.sum())} records repeat a key, first {first}. Keep one row for each."
        )
    rows = [_row(record, framework.indicator(str(record["indicator"]))) for record in kpis.to_dict("records")]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"value": float, "se": float, "df": float, "n": int})


def estimate(
    kpis: pd.DataFrame, framework: Framework, joint: Mapping[str, Sequence[Joint]] | None = None
) -> Estimate:
    """KPIs of one unit as an Estimate, ready to be joined with its ratings.

    Index columns cycle, subject "", item = the indicator's name; only records with a value.
    Records are independent of each other, but for those that `joint` names by cycle: they get
    its correlation and the fewest degrees of freedom among them.  A fixed value has variance 0
    and note "fixed".
    """
    units = sorted(set(kpis["unit"]))
    if len(units) > 1:
        raise DataError(f"kpis of one unit are wanted, found {len(units)}: {', '.join(units[:5])}")
    return of_values(values(kpis, framework), joint)


def of_values(found: pd.DataFrame, joint: Mapping[str, Sequence[Joint]] | None = None) -> Estimate:
    """`estimate` from the `values` of one unit."""
    found = found[found["status"] == "ok"].sort_values(["cycle", "indicator"], ignore_index=True)
    variance = found["se"].fillna(0.0).to_numpy() ** 2
    df = found["df"].fillna(math.inf).to_numpy()
    parts, alone = [], variance > 0
    for at, group in _together(found, joint or {}):
        shared = np.zeros((len(found), len(found)))
        shared[np.ix_(at, at)] = group.correlation * np.sqrt(np.outer(variance[at], variance[at]))
        parts.append(Part(shared, min(group.df, float(df[at].min())), "events"))
        alone[at] = False
    if (alone & np.isinf(df)).any():
        parts.append(Part(np.diag(np.where(alone & np.isinf(df), variance, 0.0)), math.inf, "records"))
    for k in np.flatnonzero(alone & np.isfinite(df)):
        only = np.zeros((len(found), len(found)))
        only[k, k] = variance[k]
        parts.append(Part(only, float(df[k]), f"records {found['indicator'][k]}"))
    index = found[["cycle", "subject"]].assign(item=found["indicator"])
    return Estimate(
        index, found["value"].to_numpy(), tuple(parts), found["n"].to_numpy(), tuple(found["note"]),
        log=(found["scale"] == "log").to_numpy(),
    )  # fmt: skip


def _together(
    found: pd.DataFrame, joint: Mapping[str, Sequence[Joint]]
) -> Iterator[tuple[np.ndarray, Joint]]:
    """Rows of correlated values, and their correlation."""
    place = {key: k for k, key in enumerate(zip(found["cycle"], found["indicator"], strict=True))}
    for cycle, groups in joint.items():
        for group in groups:
            there = [k for k, name in enumerate(group.names) if (cycle, name) in place]
            if there:
                at = np.array([place[cycle, group.names[k]] for k in there])
                yield at, group._replace(correlation=group.correlation[np.ix_(there, there)])


def _row(record: Mapping[Hashable, Any], indicator: Indicator) -> dict[str, object]:
    key = {"cycle": record["cycle"], "unit": record["unit"], "indicator": record["indicator"], "subject": ""}
    told = str(record.get("note", ""))
    found = _natural(record, indicator) if record["status"] == "ok" else None
    if found is None:
        status = "not_reported" if record["status"] == "ok" else record["status"]
        n = int(record["n"]) if status == "small_sample" else 0
        nothing = _Value(math.nan, math.nan, math.nan, n, "")
        return {**key, **nothing._asdict(), "status": status, "note": told}
    if indicator.uncertainty == "census":
        found = found._replace(se=0.0, df=math.nan, method="census")
    note = {"fixed": "fixed", "ratio": "fixed", "census": "census"}.get(found.method, "")
    return {**key, **found._asdict(), "status": "ok", "note": ";".join(p for p in (told, note) if p)}


def _natural(record: Mapping[Hashable, Any], indicator: Indicator) -> _Value | None:
    """Value by the first form the record is complete in; None when it holds no number."""

    def given(*columns: str) -> bool:
        return all(record[c] is not None and not math.isnan(record[c]) for c in columns)

    if record.get("method") and given("value"):
        error, df = float(record["se"]), float(record["df"])
        n, method = int(record["n"]), str(record["method"])
        return _Value(float(record["value"]), error, df, n, method, str(record["scale"]))
    counted = _rate if indicator.kind == "rate" else _proportion if indicator.kind in SHARES else _ratio
    forms: list[tuple[tuple[str, ...], Callable[[Mapping[Hashable, Any], Indicator], _Value]]] = [
        (("numerator", "denominator"), counted),
        (("mean", "sd", "n"), _mean),
    ]
    for columns, form in forms:
        if given(*columns):
            return form(record, indicator)
    for column in ("value", "mean"):
        if given(column):
            n = int(record["n"]) if given("n") else 0
            return _Value(float(record[column]), math.nan, math.nan, n, "fixed")
    return None


def _proportion(record: Mapping[Hashable, Any], indicator: Indicator) -> _Value:
    hits, n = float(record["numerator"]), float(record["denominator"])
    if not (n > 0 and 0 <= hits <= n):
        raise DataError(
            _impossible(record, f"{hits:g} of {n:g}", "A proportion needs 0 <= numerator <= denominator.")
        )
    unit = 100.0 if indicator.unit in ("%", "％") else 1.0
    # Where every case is alike the plain SE would be 0 at any n.
    bounded = n < PSEUDO_BELOW or hits in (0.0, n)
    p = (hits + 0.5) / (n + 1) if bounded else hits / n
    return _Value(unit * hits / n, unit * math.sqrt(p * (1 - p) / n), math.inf, int(n), "binomial")


def _rate(record: Mapping[Hashable, Any], indicator: Indicator) -> _Value:
    events, exposure = float(record["numerator"]), float(record["denominator"])
    if not (exposure > 0 and events >= 0):
        raise DataError(
            _impossible(record, f"{events:g} per {exposure:g}", "A rate needs events >= 0, exposure > 0.")
        )
    scale = indicator.per / exposure
    return _Value(scale * events, scale * math.sqrt(events + 0.5), math.inf, round(exposure), "poisson")


def _ratio(record: Mapping[Hashable, Any], indicator: Indicator) -> _Value:
    """Quotient of two amounts, such as spent of budgeted: no sample, so no error."""
    amount, base = float(record["numerator"]), float(record["denominator"])
    if not base > 0:
        raise DataError(_impossible(record, f"{amount:g} of {base:g}", "A ratio needs denominator > 0."))
    scale = 100.0 if indicator.unit == "%" else 1.0
    return _Value(scale * amount / base, math.nan, math.nan, 0, "ratio")


def _mean(record: Mapping[Hashable, Any], _: Indicator) -> _Value:
    sd, n = float(record["sd"]), float(record["n"])
    if not (n >= 1 and sd >= 0):
        raise DataError(_impossible(record, f"sd {sd:g}, n {n:g}", "A mean needs sd >= 0 and n >= 1."))
    if n < 2:
        return _Value(float(record["mean"]), math.nan, math.nan, int(n), "fixed")
    return _Value(float(record["mean"]), sd / math.sqrt(n), n - 1, int(n), "mean")


def _impossible(record: Mapping[Hashable, Any], found: str, remedy: str) -> str:
    row = f"row {record['row']}, " if "row" in record else ""
    return f"kpis: {row}{record['cycle']}, {record['unit']}, {record['indicator']}: {found}. {remedy}"
