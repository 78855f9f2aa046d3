"""Where a unit stands once chance is taken out, what its peers reach, what change its data can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from svclib import inference, policy
from svclib.comparability import spread
from svclib.framework import Indicator
from svclib.inference import power
from svclib.inference.power import Design
from svclib.targets.aims import target_range

# Methods of a time whose error is one of its logarithm.
ON_LOG = ("kaplan_meier", "geometric", "poisson")
# Methods of a change whose standard error is one of the natural value.
ON_NATURAL = ("linearised", "welch")


def baselines(rows: pd.DataFrame, indicator: Indicator, groups: Mapping[str, str]) -> pd.DataFrame:
    """Shrunk baseline of every unit on one indicator, and what the better of its peers reach.

    Parameters
    ----------
    rows : cycle, unit, value, se, method of one cycle and one indicator, a row per unit
    groups : group of each unit

    Returns
    -------
    DataFrame, indexed as `rows`: unit_reliability, group_mean, shrunk, rebound, group ("" for
    all units), n_peers, best_quartile and best_tenth, natural values.

    Notes
    -----
    Empirical Bayes (Morris 1983, Journal of the American Statistical Association 78, 47-55):
    shrunk = mean + reliability·(value − mean), reliability = τ²/(τ² + se²), with τ² and the mean
    of `comparability.spread`; rebound = shrunk − value is what regression to the mean alone
    would do.  A value without an error (bare, or a census) is taken as it is.  Units are held
    against their group, against all units where the group has fewer than the policy's
    "rebound_units", and where these are too few as well, against nobody.  The quartile and the
    tenth are those of the other units' baselines in the good direction (by the distance to the
    range, for `better: near`): of the values themselves the best are partly the luckiest.
    Medians and geometric means of times are shrunk on the log scale.
    """
    out = pd.DataFrame(
        {"unit_reliability": np.nan, "group_mean": np.nan, "shrunk": rows["value"], "rebound": 0.0,
         "group": "", "n_peers": 0, "best_quartile": np.nan, "best_tenth": np.nan}, index=rows.index,
    )  # fmt: skip
    for mine, pool, group in _pools(rows, groups):
        out.loc[mine.index, ["group", "n_peers"]] = group, len(pool) - 1
        known = _shrunk_on_log(pool) if _on_log(pool, indicator) else _shrunk(pool)
        out.loc[mine.index, known.columns] = known.loc[mine.index]
        for name, share in (("best_quartile", 0.75), ("best_tenth", 0.9)):
            out.loc[mine.index, name] = _reached(mine, known["shrunk"], indicator, share)
    return out


def _shrunk(pool: pd.DataFrame) -> pd.DataFrame:
    """Baselines of the units of a pool, and what they are made of."""
    found = spread(pool)
    out = pd.DataFrame({"unit_reliability": np.nan, "group_mean": np.nan, "rebound": 0.0}, index=pool.index)
    if found is not None:
        centre, error = float(found.centre.iloc[0]), pool["se"].where(pool["se"] > 0)
        held = found.between / (found.between + error**2)
        rebound = ((1 - held) * (centre - pool["value"])).fillna(0.0)
        out = out.assign(unit_reliability=held, group_mean=centre, rebound=rebound)
    return out.assign(shrunk=pool["value"] + out["rebound"])


def _on_log(rows: pd.DataFrame, indicator: Indicator) -> bool:
    """Whether the errors of these times are those of their logarithms."""
    timed = indicator.kind == "duration" and rows["method"].isin(ON_LOG).all()
    return bool(timed and (rows["value"] > 0).all())


def _shrunk_on_log(pool: pd.DataFrame) -> pd.DataFrame:
    logs = _shrunk(pool.assign(value=np.log(pool["value"]), se=pool["se"] / pool["value"]))
    back = {name: np.exp(logs[name]) for name in ("group_mean", "shrunk")}
    return logs.assign(**back, rebound=back["shrunk"] - pool["value"])


def _pools(rows: pd.DataFrame, groups: Mapping[str, str]) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, str]]:
    """Units, the units they are held against (themselves among them), and what these are."""
    least = policy.rule("rebound_units").cuts[0].at
    of = pd.Series([groups.get(unit, "") for unit in rows["unit"]], index=rows.index)
    small = []
    for group, mine in rows.groupby(of, sort=True):
        if group and len(mine) >= least:
            yield mine, mine, str(group)
        else:
            small.append(mine)
    if small and len(rows) >= least:
        yield pd.concat(small), rows, ""


def _reached(mine: pd.DataFrame, pool: pd.Series, indicator: Indicator, share: float) -> list[float]:
    """The baseline that 1 − `share` of the other units have or better."""
    quality = pd.Series(oriented(pool.to_numpy(), indicator), pool.index)
    ends = [float(np.quantile(quality.drop(at), share)) for at in mine.index]
    if indicator.better != "near":
        return [indicator.sign * end + 0.0 for end in ends]  # no negative zero
    return [near_value(value, -end, indicator) for value, end in zip(mine["value"], ends, strict=True)]


def oriented(values: np.ndarray, indicator: Indicator) -> np.ndarray:
    """Values turned so that more is better; near a range, minus the distance to it."""
    if indicator.better != "near":
        return indicator.sign * np.asarray(values, dtype=float)
    low, high = target_range(indicator)
    return -np.maximum(np.maximum(low - values, values - high), 0.0)


def near_value(value: float, distance: float, indicator: Indicator) -> float:
    """The value `distance` outside the range, on the side of `value`."""
    low, high = target_range(indicator)
    return low - distance if abs(value - low) <= abs(value - high) else high + distance


def detectable(
    rows: pd.DataFrame, indicator: Indicator, changes: pd.DataFrame, *, confidence: float
) -> pd.DataFrame:
    """Smallest change for the better that the next cycle would show, and the n that shows the MID.

    Parameters
    ----------
    rows : unit, value, se, n, method, shrunk and mid of one indicator
    changes : table "changes", for the error of a change as it was observed

    Returns
    -------
    DataFrame, indexed as `rows`: mde and required_n, for one comparison at power .8 with as many
    answers as now.  NaN where no error is known, or where the end of the scale is nearer.

    Notes
    -----
    A change of means has the SE it had this time, design effect and overlap included; without
    one √2·SE of the value; of its logarithm where the error is one of that.  Shares and rates
    are planned from the baseline by `inference.power`.
    """
    plan = Design(confidence=confidence)
    top = indicator.bounds[1]
    found = pd.DataFrame({"mde": np.nan, "required_n": np.nan}, index=rows.index)
    for method, part in rows.groupby("method"):
        n, base, mid = (part[c].to_numpy(dtype=float) for c in ("n", "shrunk", "mid"))
        if method == "binomial" and indicator.sign:
            share = np.clip(base / top, 0.0, 1.0)
            far = top * power.mde(n, p=share, sign=indicator.sign, design=plan)
            needed = power.required_n(indicator.sign * mid / top, p=share, design=plan)
        elif indicator.kind == "rate" and method == "poisson" and indicator.sign:
            rate = np.maximum(base, 0.0)
            far = power.mde(n / indicator.per, rate=rate, sign=indicator.sign, design=plan)
            needed = indicator.per * power.required_n(indicator.sign * mid, rate=rate, design=plan)
        elif _on_log(part, indicator) and indicator.sign:
            error = np.sqrt(2) * part["se"].to_numpy(dtype=float) / part["value"].to_numpy(dtype=float)
            far = base * np.abs(np.expm1(indicator.sign * plan.z * error))
            after = np.where(base + indicator.sign * mid > 0, 1 + indicator.sign * mid / base, np.nan)
            needed = inference.required_n(n, error, mid=np.abs(np.log(after)), confidence=confidence)
        else:
            error = _error_of_change(part, indicator, changes)
            far = _inside(plan.z * error, base, indicator)
            needed = inference.required_n(n, error, mid=mid, confidence=confidence)
        found.loc[part.index, "mde"], found.loc[part.index, "required_n"] = far, needed
    return found


def _inside(change: np.ndarray, base: np.ndarray, indicator: Indicator) -> np.ndarray:
    """Changes for the better that end within the possible values, NaN the others."""
    low, high = indicator.bounds
    after = base + indicator.sign * change
    return np.where((after >= low) & (after <= high), change, np.nan)


def _error_of_change(rows: pd.DataFrame, indicator: Indicator, changes: pd.DataFrame) -> np.ndarray:
    seen = changes[(changes["node"] == indicator.name) & changes["method"].isin(ON_NATURAL)]
    known = rows["unit"].map(dict(zip(seen["unit"], seen["se"], strict=True)))
    return known.fillna(np.sqrt(2) * rows["se"]).to_numpy(dtype=float)
