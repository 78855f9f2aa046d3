"""From item means to each indicator's natural value, by subject and blended over subjects."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from svclib.estimates import Estimate, Part, contrast
from svclib.framework import Framework

KEYS = ["cycle", "subject", "indicator"]


def natural(estimate: Estimate, framework: Framework) -> Estimate:
    """One unit's estimates of items and KPIs, as estimates of its indicators by subject.

    A rating is the plain mean of its items' means, so its error keeps the covariance of
    items answered by the same people; a KPI stays as it is.

    Parameters
    ----------
    estimate : Estimate
        Index columns cycle, subject, item; a KPI has subject "" and its own name as item.

    Returns
    -------
    Estimate
        Index columns cycle, subject, indicator, in the order of the framework.
    """
    columns = (estimate.index[c].tolist() for c in ("cycle", "subject", "item"))
    finite = np.isfinite(np.asarray(estimate.value, dtype=float))
    there = tuple(
        key if known else None for key, known in zip(zip(*columns, strict=True), finite, strict=True)
    )
    weights, index = _plan(there, tuple((i.name, i.subjects, i.items) for i in framework.indicators))
    return mapped(estimate, weights, index)


@functools.lru_cache(maxsize=256)
def _plan(
    there: tuple[tuple[str, str, str] | None, ...],
    indicators: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...],
) -> tuple[np.ndarray, pd.DataFrame]:
    """Weights (m, q) of each indicator's items and what each row is; units alike share them.

    there : cycle, subject and item of each estimate, None where it has no value
    """
    place = {key: k for k, key in enumerate(there) if key is not None}
    rows: list[tuple[str, str, str]] = []
    used: list[list[int]] = []
    for cycle in sorted({key[0] for key in place}):
        for name, subjects, items in indicators:
            for subject in subjects or ("",):
                keys = [(cycle, subject, item) for item in ((name,) if subject == "" else items)]
                own = [place[key] for key in keys if key in place]
                if own:
                    rows.append((cycle, subject, name))
                    used.append(own)
    weights = np.zeros((len(rows), len(there)))
    for row, own in zip(weights, used, strict=True):
        row[own] = 1 / len(own)
    return weights, pd.DataFrame(rows, columns=KEYS)


def mapped(estimate: Estimate, weights: np.ndarray, index: pd.DataFrame) -> Estimate:
    """The estimates `weights` @ value with `weights` (m, q), each part of the error carried along."""
    used = weights != 0
    # An unused estimate without a value or an SE must not spoil the others.
    value = weights @ np.nan_to_num(estimate.value)
    parts = []
    for part in estimate.parts:
        cov = weights @ np.nan_to_num(part.cov) @ weights.T
        unknown = (used & np.isnan(np.diag(part.cov))).any(axis=1)
        cov[unknown, :] = np.nan
        cov[:, unknown] = np.nan
        parts.append(Part(cov, part.df, part.name))
    n = np.where(used, np.asarray(estimate.n), 0).max(axis=1, initial=0)
    note = ("",) * len(used)
    if any(estimate.note):
        note = tuple(_join(estimate.note[k] for k in np.flatnonzero(row)) for row in used)
    log = (used & estimate.on_log).any(axis=1) & (used.sum(axis=1) == 1)
    return Estimate(index.reset_index(drop=True), value, tuple(parts), n, note, log)


def blend_map(index: pd.DataFrame, framework: Framework) -> tuple[pd.DataFrame, np.ndarray]:
    """Headline rows (cycle, indicator) and their weights (m, q) over the estimates of `index`.

    Subjects are weighted as the framework says, re-normalised over those present.
    """
    cells = list(zip(index["cycle"], index["indicator"], strict=True))
    place = {cell: k for k, cell in enumerate(dict.fromkeys(cells))}
    keys = pd.DataFrame(list(place), columns=["cycle", "indicator"], dtype="str")
    share = np.array([framework.subjects[s] if s else 1.0 for s in index["subject"]])
    rows = [place[cell] for cell in cells]
    weights = np.zeros((len(keys), len(index)))
    weights[rows, np.arange(len(index))] = share
    return keys, weights / weights.sum(axis=1, keepdims=True)


def natural_values(estimate: Estimate, framework: Framework, *, unit: str) -> pd.DataFrame:
    """Natural values of one unit's ratings: a row per subject and the blended row, subject "".

    Returns
    -------
    DataFrame
        cycle, unit, indicator, subject, value, se, df, n, status, method, note. Append the
        rows of `kpis.values` to have every indicator.
    """
    parts = natural(estimate, framework)
    rated = [framework.indicator(name).source == "responses" for name in parts.index["indicator"]]
    ratings = mapped(parts, np.eye(len(parts.value))[rated], parts.index[rated])
    keys, weights = blend_map(ratings.index, framework)
    headline = mapped(ratings, weights, keys.assign(subject=""))
    frame = pd.concat(
        [
            _frame(ratings, np.eye(len(ratings.value)), ratings),
            _frame(
                headline,
                weights,
                ratings,
                n=(weights > 0) @ ratings.n,
                extra=_absent(keys, ratings, framework),
            ),
        ],
        ignore_index=True,
    )
    return frame.assign(unit=unit, status="ok", method="mean")


def _frame(
    what: Estimate,
    weights: np.ndarray,
    source: Estimate,
    *,
    n: np.ndarray | None = None,
    extra: list[str] | None = None,
) -> pd.DataFrame:
    found = contrast(source, weights).rename(columns={"estimate": "value"})
    note = [_join(pair) for pair in zip(what.note, extra or [""] * len(what.note), strict=True)]
    return pd.concat([what.index[KEYS], found], axis=1).assign(n=what.n if n is None else n, note=note)


def _absent(keys: pd.DataFrame, ratings: Estimate, framework: Framework) -> list[str]:
    """Note of each headline row whose indicator an evaluator of its did not rate."""
    here = set(zip(*(ratings.index[c].tolist() for c in ("cycle", "indicator", "subject")), strict=True))
    notes = []
    for cycle, name in zip(keys["cycle"], keys["indicator"], strict=True):
        lost = [s for s in framework.indicator(name).subjects if (cycle, name, s) not in here]
        notes.append(f"subjects_absent:{','.join(lost)}" if lost else "")
    return notes


def _join(notes: object) -> str:
    ids = [i for note in notes for i in str(note).split(";") if i]  # type: ignore[attr-defined]
    return ";".join(dict.fromkeys(ids))
