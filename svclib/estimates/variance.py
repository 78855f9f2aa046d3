"""Covariance of linearised scores: who is independent of whom, and with how many degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from svclib.estimates.core import Part


@dataclass(frozen=True)
class PsuRows:
    """One unit: C cells (cycle × subject), k items, P rows of PSU sums.

    A pseudo-respondent is a row of frequency ½ and PSU −1.
    """

    cells: np.ndarray  # (C, 2) cycle and subject
    mean: np.ndarray  # (C, k) Σwrx/Σwr, NaN where nobody answered
    answered: np.ndarray  # (C, k) respondents
    cell: np.ndarray  # (P,)
    psu: np.ndarray  # (P,)
    stratum: np.ndarray  # (P,)
    frequency: np.ndarray  # (P,)
    mass: np.ndarray  # (P, k) Σ w r
    score: np.ndarray  # (P, k) (Σ w r x − θ Σ w r) / R of the cell


def divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Ratio, NaN where `b` is 0."""
    return np.divide(a, b, out=np.full(b.shape, np.nan), where=b > 0)


def _spread_scores(data: PsuRows) -> np.ndarray:
    """Scores centred within strata and divided by √(1 − h), (P, k); NaN where one PSU is everything.

    A stratum with a single PSU in a cell cannot be centred at itself: it keeps its distance
    from the mean of the cell (what R's survey calls lonely.psu="adjust").
    """
    several = _several(data.cell, data.stratum)
    present = data.mass > 0
    whole = _by_row(data.cell, data.mass * (data.psu >= 0)[:, None])
    score = data.score
    if several.any():
        block = pd.factorize(data.cell * (data.stratum.max() + 2) + data.stratum)[0]
        count, in_block = _by_row(block, present.astype(float)), _by_row(block, data.mass)
        centred = several[:, None] & (data.stratum >= 0)[:, None] & (count > 1)
        score = score - np.where(centred, _by_row(block, data.score) / np.maximum(count, 1), 0.0)
        whole = np.where(centred, in_block, whole)
    free = 1 - np.nan_to_num(divide(data.mass, whole))
    scale = np.sqrt(np.where(free > 1e-12, 1 / np.maximum(free, 1e-12), np.nan))
    return np.where(present, score * scale, 0.0)


def _several(cell: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Whether the cell of each row has more than one stratum; −1 is none."""
    if stratum.max() == stratum[stratum >= 0].min():
        return np.zeros(len(cell), dtype=bool)
    return pd.Series(stratum).where(stratum >= 0).groupby(cell).transform("nunique").to_numpy() > 1


def summed(code: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of the rows of `values` (P, k) of equal `code`, (codes, k)."""
    places = (np.ones(len(code)), (code, np.arange(len(code))))
    return csr_array(places, shape=(code.max() + 1, len(code))) @ values


def _by_row(code: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of `values` over rows of equal `code`, repeated on every row."""
    return summed(code, values)[code]


def _identities(data: PsuRows, *, panel: bool, clusters: bool) -> np.ndarray:
    """Who is the same PSU, (P,); −1 for pseudo-respondents."""
    real = data.psu >= 0
    key = data.psu[real]
    if clusters:
        key = key * (data.stratum.max() + 1) + data.stratum[real]
    elif not panel:
        cycle = pd.factorize(data.cells[:, 0])[0]
        key = key * (cycle.max() + 1) + cycle[data.cell[real]]
    out = np.full(len(data.psu), -1)
    out[real] = pd.factorize(key)[0]
    return out


def independent_parts(data: PsuRows, *, panel: bool, clusters: bool) -> tuple[Part, ...]:
    """One part per set of PSUs that share cells.

    Respondents: by the set of cells they answered in (only baseline, only current, both),
    df = n − 1 each.  Clusters: by connected cells, df from the smallest cell.
    Pseudo-respondents are spread over the parts of their cell as the real ones are.
    """
    who = _identities(data, panel=panel, clusters=clusters)
    real = who >= 0
    seen = np.zeros((who.max() + 1, len(data.cells)), dtype=bool)
    seen[who[real], data.cell[real]] = True
    if clusters:
        labels = connected_components(coo_array(seen.T.astype(int) @ seen.astype(int)), directed=False)[1]
        patterns, group = labels[None, :] == np.unique(labels)[:, None], labels[seen.argmax(axis=1)]
    else:
        patterns, group = _distinct(seen)
    size = np.bincount(group)
    share = patterns * size[:, None] / (patterns * size[:, None]).sum(axis=0)
    z = _spread_scores(data) * np.sqrt(data.frequency)[:, None]
    ids = _with_pseudo(who, len(data.cells), linked=not clusters)
    parts = []
    for g, pattern in enumerate(patterns):
        rows = np.where(real, group[who] == g, pattern[data.cell])
        df = _cluster_df(data, rows & real) if clusters else size[g] - _strata(data, rows & real)
        wide = _wide(data, z * np.sqrt(np.where(real, 1.0, share[g, data.cell]))[:, None], ids, rows)
        name = "+".join("/".join(filter(None, c)) for c in data.cells[pattern])
        parts.append(Part(_embed(data, wide.T @ wide, rows), float(max(df, 1)), name))
    return tuple(parts)


def _distinct(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of booleans (n, C) in rising order, and which of them each row is."""
    packed = np.packbits(seen, axis=1)
    key = packed.view(f"V{packed.shape[1]}").ravel()
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return seen[first], group


def _with_pseudo(who: np.ndarray, n_cells: int, *, linked: bool) -> np.ndarray:
    """Identities with pseudo-respondents numbered after the real ones.

    Linked, the two pseudo-respondents of a group answer alike in all its cells, as panel
    members who stay at an end of the scale do: they then leave the error of a change alone.
    """
    pseudo = np.flatnonzero(who < 0)
    number = np.arange(len(pseudo))
    out = who.copy()
    out[pseudo] = who.max() + 1 + (number // n_cells if linked else number)
    return out


def _strata(data: PsuRows, rows: np.ndarray) -> int:
    return len(np.unique(data.stratum[rows]))


def _cluster_df(data: PsuRows, rows: np.ndarray) -> float:
    """Effective clusters (Σm)²/Σm² of the smallest cell, m = their weight, less its strata.

    G − strata for equal clusters.  With a few large ones the plain G − 1 rejects too often:
    they carry the error (Carter, Schnepel & Steigerwald 2017).
    """
    frame = pd.DataFrame(
        {"cell": data.cell[rows], "stratum": data.stratum[rows], "m": data.mass[rows].sum(axis=1)}
    )
    frame["mm"] = frame["m"] ** 2
    by_cell = frame.groupby("cell")
    total = by_cell[["m", "mm"]].sum()
    return float((total["m"] ** 2 / total["mm"] - by_cell["stratum"].nunique()).min())


def _wide(data: PsuRows, z: np.ndarray, ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Scores of the chosen rows, one line per identity, one column per (cell, item) of those rows."""
    used, local = np.unique(data.cell[rows], return_inverse=True)
    line, names = pd.factorize(ids[rows])
    place = line * len(used) + local
    wide = np.zeros((len(names) * len(used), z.shape[1]))
    if np.bincount(place).max() == 1:
        wide[place] = z[rows]
    else:
        np.add.at(wide, place, z[rows])
    return wide.reshape(len(names), -1)


def _embed(data: PsuRows, block: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Put the covariance of the cells of the chosen rows in its place among all estimates, (q, q)."""
    k = data.mean.shape[1]
    place = (np.unique(data.cell[rows])[:, None] * k + np.arange(k)).ravel()
    full = np.zeros((data.mean.size, data.mean.size))
    full[np.ix_(place, place)] = block
    kept = ~np.isnan(data.mean).ravel()
    return full[np.ix_(kept, kept)]


def pooled_part(data: PsuRows, *, panel: bool, clusters: bool) -> Part:
    """n/(n−1) Σ(z − z̄)² over all distinct PSUs of each stratum, df = PSUs − strata."""
    who = _identities(data, panel=panel, clusters=clusters)
    ids = _with_pseudo(who, len(data.cells), linked=False)
    strata = _sampled_strata(data, who)
    z = data.score * np.sqrt(data.frequency)[:, None]
    cov = np.zeros((0, 0))
    df = 0
    for stratum in np.unique(strata):
        rows = strata == stratum
        wide = _wide(data, z, ids, rows)
        n = len(wide)
        if stratum >= 0 and n > 1:
            wide = (wide - wide.mean(axis=0)) * np.sqrt(n / (n - 1))
            df += n - 1
        block = _embed(data, wide.T @ wide, rows)
        cov = cov + block if cov.size else block
    return Part(cov, float(max(df, 1)), "pooled")


def _sampled_strata(data: PsuRows, who: np.ndarray) -> np.ndarray:
    """Strata as they were drawn, (P,); −1 for pseudo-respondents.

    A stratum whose PSUs in two cycles have none in common was drawn twice and counts as two
    (svydesign with strata = interaction(stratum, cycle)): pooled, the scores of the cycles
    differ in sign and the distance between strata would count as error.  One stratum alone
    needs no split: the scores of every cycle sum to 0.
    """
    real = who >= 0
    if len(np.unique(data.stratum[real])) < 2:
        return data.stratum
    keys = pd.DataFrame({"stratum": data.stratum[real], "cycle": data.cells[:, 0][data.cell[real]]})
    sample = keys.groupby(["stratum", "cycle"], sort=True).ngroup().to_numpy()
    member = keys.assign(who=who[real]).groupby(["stratum", "who"], sort=True).ngroup().to_numpy()
    samples = sample.max() + 1
    size = samples + member.max() + 1
    links = coo_array((np.ones(len(sample)), (sample, samples + member)), shape=(size, size))
    out = np.full(len(who), -1)
    out[real] = connected_components(links, directed=False)[1][sample]
    return out
