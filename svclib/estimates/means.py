"""Weighted item means and their joint linearised error.

Respondent (or cluster) i contributes the score z_ij = w r (x − θ_j)/R_j to the item mean
θ_j = Σ w r x / R_j, R_j = Σ w r.  The covariance is Σ z z′ with each score divided by
√(1 − h), h = the contributor's share of R_j.  With equal weights that factor is n/(n − 1):
two independent periods give Welch's test exactly, a fully paired panel the paired t test,
anything between its partly overlapping form; with unequal clusters it is the leverage
correction of Bell & McCaffrey (2002).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from svclib.errors import DataError, ParamError
from svclib.estimates.core import Estimate, Part
from svclib.moments import BY, Tables

CORRECTIONS = ("leverage", "psu")
PSEUDO_BELOW = 100
MAX_PSU_SHARE = 0.20


def item_means(
    tables: Tables,
    *,
    unit: str,
    bounds: Mapping[str, tuple[float, float]],
    panel: bool = False,
    correction: str = "leverage",
    pseudo: bool = True,
) -> Estimate:
    """Weighted means of every item of one unit, all cycles and subjects jointly.

    Parameters
    ----------
    tables : from `moments.reduce` by unit, cycle, subject; its `psu` decides what is resampled
    unit : the unit
    bounds : lowest and highest possible answer per item
    panel : whether a respondent id in two cycles is the same person; clusters always are
    correction : "leverage" (see the module), or "psu": n/(n−1) Σ(z − z̄)² over all distinct
        PSUs of a stratum, as R's survey package computes it
    pseudo : whether the rule for bounded data applies

    Returns
    -------
    Estimate with index columns cycle, subject, item.  An item nobody answered in a cell has
    no row.  Notes: "bounded_small_n", "psu_share" (one PSU over 20 %).

    Notes
    -----
    Bounded data: see `PSEUDO_BELOW`.
    """
    if correction not in CORRECTIONS:
        raise ParamError(f"correction={correction!r}; choose one of {list(CORRECTIONS)}")
    if tuple(tables.by) != BY:
        raise DataError(f"item_means needs tables by {BY}, found {tables.by}; use moments.collapse")
    absent = [item for item in tables.items if item not in bounds]
    if absent:
        raise ParamError(f"bounds: items {absent} are missing; give (lowest, highest) for every item")
    ends = np.array([bounds[item] for item in tables.items], dtype=float).T
    data = _unit_rows(tables, unit, ends if pseudo else np.full_like(ends, np.nan))
    clusters = tables.psu == "cluster"
    if correction == "psu":
        parts = (_pooled_part(data, panel=panel, clusters=clusters),)
    else:
        parts = _independent_parts(data, panel=panel, clusters=clusters)
    return _as_estimate(tables.items, data, parts)


@dataclass(frozen=True)
class _Rows:
    """One unit: C cells (cycle × subject), k items, P rows of PSU sums.

    A pseudo-respondent is a row of frequency ½ and PSU −1.
    """

    cells: pd.DataFrame
    mean: np.ndarray  # (C, k) Σwrx/Σwr, NaN where nobody answered
    answered: np.ndarray  # (C, k) respondents
    cell: np.ndarray  # (P,)
    psu: np.ndarray  # (P,)
    stratum: np.ndarray  # (P,)
    frequency: np.ndarray  # (P,)
    mass: np.ndarray  # (P, k) Σ w r
    score: np.ndarray  # (P, k) (Σ w r x − θ Σ w r) / Σ of all mass in the cell


def _unit_rows(tables: Tables, unit: str, ends: np.ndarray) -> _Rows:
    totals, psus, k = tables.totals.where(unit=unit), tables.psu_totals.where(unit=unit), len(tables.items)
    if totals.keys.empty:
        known = sorted(set(tables.cells.keys["unit"]))
        raise DataError(f"unit {unit!r} has no responses; units with responses: {known}")
    cells = totals.keys[["cycle", "subject"]]
    answered = _answered(tables, unit, cells)
    extra = _pseudo_sums(totals.sums, answered, ends)
    cell = pd.MultiIndex.from_frame(cells).get_indexer(
        pd.MultiIndex.from_frame(psus.keys[["cycle", "subject"]])
    )
    cell = np.concatenate([cell, np.arange(len(cells)), np.arange(len(cells))])
    frequency = np.repeat([1.0, 0.5], [len(psus.keys), len(extra)])
    sums = np.vstack([psus.sums[:, 1:], extra])
    total = np.zeros((len(cells), 2 * k))
    np.add.at(total, cell, frequency[:, None] * sums)
    mean, all_mass = _divide(total[:, :k], total[:, k:])[cell], total[cell, k:]
    return _Rows(
        cells,
        _divide(totals.sums[:, :k], totals.sums[:, k:]),
        answered,
        cell,
        np.append(pd.factorize(psus.keys["psu"])[0], np.full(len(extra), -1)),
        np.append(pd.factorize(psus.keys["stratum"])[0], np.full(len(extra), -1)),
        frequency,
        sums[:, k:],
        np.nan_to_num(_divide(sums[:, :k] - mean * sums[:, k:], all_mass)),
    )


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.full(b.shape, np.nan), where=b > 0)


def _answered(tables: Tables, unit: str, cells: pd.DataFrame) -> np.ndarray:
    counts = tables.counts.where(unit=unit)
    cell = _cell_codes(cells, counts.keys)
    item = pd.Index(tables.items).get_indexer(pd.Index(counts.keys["item"]))
    out = np.zeros((len(cells), len(tables.items)), dtype=np.int64)
    np.add.at(out, (cell, item), counts.sums)
    return out


def _cell_codes(cells: pd.DataFrame, keys: pd.DataFrame) -> np.ndarray:
    wanted = pd.MultiIndex.from_frame(keys[["cycle", "subject"]])
    return pd.MultiIndex.from_frame(cells).get_indexer(wanted)


def _pseudo_sums(totals: np.ndarray, answered: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Σ[w x, w] of a respondent of mean weight answering all lowest, then all highest, per cell; (2C, 2k)."""
    k = answered.shape[1]
    small = (answered < PSEUDO_BELOW) & np.isfinite(ends).all(axis=0)
    weight = np.where(small, np.nan_to_num(_divide(totals[:, k:], answered.astype(float))), 0.0)
    return np.vstack([np.hstack([weight * np.where(np.isfinite(end), end, 0.0), weight]) for end in ends])


def _spread_scores(data: _Rows) -> np.ndarray:
    """Scores centred within strata and divided by √(1 − h), (P, k); NaN where one PSU is everything.

    A stratum with a single PSU in a cell cannot be centred at itself: it keeps its distance
    from the mean of the cell (what R's survey calls lonely.psu="adjust").
    """
    several = (
        pd.Series(data.stratum).where(data.stratum >= 0).groupby(data.cell).transform("nunique").to_numpy()
        > 1
    )
    block = pd.factorize(data.cell * (data.stratum.max() + 2) + data.stratum)[0]
    present = data.mass > 0
    count, in_block = _by_row(block, present.astype(float)), _by_row(block, data.mass)
    centred = several[:, None] & (data.stratum >= 0)[:, None] & (count > 1)
    centre = np.where(centred, _by_row(block, data.score) / np.maximum(count, 1), 0.0)
    in_cell = _by_row(data.cell, data.frequency[:, None] * data.mass)
    free = 1 - np.nan_to_num(_divide(data.mass, np.where(centred, in_block, in_cell)))
    scale = np.sqrt(np.where(free > 1e-12, 1 / np.maximum(free, 1e-12), np.nan))
    return np.where(present, (data.score - centre) * scale, 0.0)


def _by_row(code: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of `values` over rows of equal `code`, repeated on every row."""
    out = np.zeros((code.max() + 1, values.shape[1]))
    np.add.at(out, code, values)
    return out[code]


def _identities(data: _Rows, *, panel: bool, clusters: bool) -> np.ndarray:
    """Who is the same PSU, (P,); −1 for pseudo-respondents."""
    real = data.psu >= 0
    keys = {"psu": data.psu[real]}
    if clusters:
        keys["stratum"] = data.stratum[real]
    elif not panel:
        keys["cycle"] = data.cells["cycle"].to_numpy()[data.cell[real]]
    out = np.full(len(data.psu), -1)
    out[real] = pd.DataFrame(keys).groupby(list(keys), sort=True).ngroup().to_numpy()
    return out


def _independent_parts(data: _Rows, *, panel: bool, clusters: bool) -> tuple[Part, ...]:
    """One part per set of PSUs that share cells.

    Respondents: by the set of cells they answered in (only baseline, only current, both),
    df = n − 1 each.  Clusters: by connected cells, df = G − strata of the smallest cell.
    """
    who = _identities(data, panel=panel, clusters=clusters)
    real = who >= 0
    seen = np.zeros((who.max() + 1, len(data.cells)), dtype=bool)
    seen[who[real], data.cell[real]] = True
    if clusters:
        labels = connected_components(coo_array(seen.T.astype(int) @ seen.astype(int)), directed=False)[1]
        patterns, group = labels[None, :] == np.unique(labels)[:, None], labels[seen.argmax(axis=1)]
    else:
        patterns, group = np.unique(seen, axis=0, return_inverse=True)
    size = np.bincount(group)
    # A pseudo-respondent belongs to the largest group of its cell: the error it stands for is theirs.
    home = (patterns * size[:, None]).argmax(axis=0)
    row_group = np.where(real, group[who], home[data.cell])
    z = _spread_scores(data) * np.sqrt(data.frequency)[:, None]
    ids = np.where(real, who, who.max() + 1 + np.arange(len(who)))
    parts = []
    for g, pattern in enumerate(patterns):
        rows = row_group == g
        members = rows & real
        df = _cluster_df(data, members) if clusters else size[g] - len(np.unique(data.stratum[members]))
        name = "+".join(
            sorted("/".join(filter(None, c)) for c in data.cells[pattern].itertuples(index=False))
        )
        wide = _wide(data, z, ids, rows)
        parts.append(Part(_embed(data, wide.T @ wide, rows), float(max(df, 1)), name))
    return tuple(parts)


def _cluster_df(data: _Rows, rows: np.ndarray) -> int:
    frame = pd.DataFrame({"cell": data.cell[rows], "psu": data.psu[rows], "stratum": data.stratum[rows]})
    by_cell = frame.groupby("cell")
    return int((by_cell.size() - by_cell["stratum"].nunique()).min())


def _wide(data: _Rows, z: np.ndarray, ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Scores of the chosen rows, one line per identity, one column per (cell, item) of those rows."""
    used, local = np.unique(data.cell[rows], return_inverse=True)
    line, _ = pd.factorize(ids[rows])
    k = z.shape[1]
    wide = np.zeros((line.max() + 1, len(used) * k))
    np.add.at(wide, (line[:, None], local[:, None] * k + np.arange(k)), z[rows])
    return wide


def _embed(data: _Rows, block: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Put the covariance of the cells of the chosen rows in its place among all estimates, (q, q)."""
    k = data.mean.shape[1]
    place = (np.unique(data.cell[rows])[:, None] * k + np.arange(k)).ravel()
    full = np.zeros((data.mean.size, data.mean.size))
    full[np.ix_(place, place)] = block
    kept = ~np.isnan(data.mean).ravel()
    return full[np.ix_(kept, kept)]


def _pooled_part(data: _Rows, *, panel: bool, clusters: bool) -> Part:
    """n/(n−1) Σ(z − z̄)² over all distinct PSUs of each stratum, df = PSUs − strata."""
    ids = _identities(data, panel=panel, clusters=clusters)
    ids = np.where(ids >= 0, ids, ids.max() + 1 + np.arange(len(ids)))
    z = data.score * np.sqrt(data.frequency)[:, None]
    cov = np.zeros((0, 0))
    df = 0
    for stratum in np.unique(data.stratum):
        rows = data.stratum == stratum
        wide = _wide(data, z, ids, rows)
        n = len(wide)
        if stratum >= 0 and n > 1:
            wide = (wide - wide.mean(axis=0)) * np.sqrt(n / (n - 1))
            df += n - 1
        block = _embed(data, wide.T @ wide, rows)
        cov = cov + block if cov.size else block
    return Part(cov, float(max(df, 1)), "pooled")


def _as_estimate(items: tuple[str, ...], data: _Rows, parts: tuple[Part, ...]) -> Estimate:
    cells, k = data.cells, len(items)
    index = cells.loc[cells.index.repeat(k)].assign(item=list(items) * len(cells))
    kept = ~np.isnan(data.mean).ravel()
    real = data.psu >= 0
    largest, mass = np.zeros(data.mean.shape), np.zeros(data.mean.shape)
    np.maximum.at(largest, data.cell[real], data.mass[real])
    np.add.at(mass, data.cell[real], data.mass[real])
    bounded = np.zeros(data.mean.shape, dtype=bool)
    bounded[data.cell[~real]] = data.mass[~real] > 0
    marks = {"bounded_small_n": bounded, "psu_share": largest > MAX_PSU_SHARE * mass}
    note = [";".join(name for name, on in marks.items() if on.ravel()[j]) for j in np.flatnonzero(kept)]
    value, n = data.mean.ravel()[kept], data.answered.ravel()[kept]
    return Estimate(index[kept].reset_index(drop=True), value, parts, n, tuple(note))
