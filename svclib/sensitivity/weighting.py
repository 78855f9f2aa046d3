"""How far the weights could be others: spread of the experts, and draws around the weights in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, sort_by_key
from svclib.scores import TOTAL, WeightDraws, written
from svclib.sensitivity.sampling import stream

if TYPE_CHECKING:
    from svclib.framework import Framework

GROUP = "group"
# Fewer experts say too little of how far experts differ.
MIN_EXPERTS = 3
# At 1000 a weight of .2 still moves by 1.3 points: judgements that agree do not make it exact.
TIGHTEST = 1000.0


def concentration(weights: np.ndarray, variance: float) -> float:
    """C of the Dirichlet distribution c·w whose weights have the variances that sum to `variance`.

    Var(w_j) = w_j(1 − w_j)/(c + 1), so c = (1 − Σw²)/Σvar − 1 (method of moments: Minka 2000,
    Estimating a Dirichlet distribution).  Kept between the number of children, at which equal
    weights may be anything, and 1000.
    """
    loosest = float(np.count_nonzero(weights))
    found = (1 - np.square(weights).sum()) / variance - 1 if variance > 0 else TIGHTEST
    return float(np.clip(found, loosest, TIGHTEST))


def expert_variance(weights: np.ndarray, credibility: np.ndarray) -> float:
    """Summed variance of the weights (E, k) of E experts around their mean, weighted by credibility.

    Σ_e c_e |w_e − m|² / (1 − Σ c_e²) with credibilities c that sum to 1: unbiased, the usual
    n − 1 where all are equal.
    """
    share = credibility / credibility.sum()
    apart = np.square(weights - share @ weights).sum(axis=1)
    return float(share @ apart / (1 - np.square(share).sum()))


def weight_spread(
    weights: pd.DataFrame, experts: pd.DataFrame, consistency: pd.DataFrame, *, spread: float
) -> pd.DataFrame:
    """Table "weight_spread": how far the weights under each parent are taken to vary.

    Where at least three consistent experts judged a level, by how much they differ (one
    expert's view, not the error of their mean); elsewhere by the declared `spread`, the
    relative standard deviation of the weights: spread² = Σvar / Σw².

    Parameters
    ----------
    weights : table "weights".
    experts, consistency : tables "expert_weights" and "consistency"; an expert who failed
        does not count.
    """
    panels = {str(parent): panel for parent, panel in consistent(experts, consistency).groupby("parent")}
    rows = []
    for (group, parent), level in weights.groupby(["group", "parent"], sort=False):
        local = level["local"].to_numpy(dtype=float)
        if np.count_nonzero(local) > 1:
            judged = _panel(panels.get(str(parent)), level["node"].tolist())
            rows.append({"group": group, "parent": parent} | _level(local, judged, spread))
    frame = pd.DataFrame(rows, columns=list(TABLES["weight_spread"].all_columns))
    return sort_by_key("weight_spread", frame)


def consistent(experts: pd.DataFrame, consistency: pd.DataFrame) -> pd.DataFrame:
    """Rows of table "expert_weights" of single experts who passed the limit on their consistency."""
    failed = consistency[~consistency["passed"].astype(bool)]
    out = set(zip(failed["parent"], failed["expert"], strict=True)) | {(p, GROUP) for p in experts["parent"]}
    keys = zip(experts["parent"], experts["expert"], strict=True)
    # An empty list would select columns: without experts there is still a table.
    return experts[np.array([key not in out for key in keys], dtype=bool)]


def _panel(panel: pd.DataFrame | None, nodes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the experts on `nodes`, (E, k), and their credibilities; of those who judged all."""
    if panel is None:
        return np.empty((0, len(nodes))), np.empty(0)
    wide = panel.pivot_table(index="expert", columns="item", values="weight").reindex(columns=nodes).dropna()
    held = panel.groupby("expert")["credibility"].first().loc[wide.index].to_numpy(dtype=float)
    used = held > 0
    found = wide.to_numpy()[used]
    return found / found.sum(axis=1, keepdims=True), held[used]


def _level(local: np.ndarray, judged: tuple[np.ndarray, np.ndarray], declared: float) -> dict[str, Any]:
    n = len(judged[0])
    known = n >= MIN_EXPERTS
    variance = expert_variance(*judged) if known else declared**2 * np.square(local).sum()
    about = judged[1] @ judged[0] / judged[1].sum() if known else local
    c = concentration(about, variance)
    return {
        "n_experts": n,
        "concentration": c,
        "spread": float(np.sqrt((1 - np.square(local).sum()) / (c + 1) / np.square(local).sum())),
        "method": "experts" if known else "declared",
    }


def weight_draws(
    weights: pd.DataFrame, spread: pd.DataFrame, framework: Framework, *, size: int, seed: int
) -> WeightDraws:
    """Weights drawn level by level from Dirichlet(c·w), w the weights in force.

    Never uniform numbers made to sum to 1, which hardly ever let one weight dominate.

    Parameters
    ----------
    weights, spread : rows of one group of tables "weights" and "weight_spread".
    """
    local, top = written(weights, framework)
    c: Mapping[str, float] = dict(zip(spread["parent"], spread["concentration"], strict=True))
    parts = []
    for d in framework.dimensions:
        at = [k for k, i in enumerate(framework.indicators) if i.dimension == d.name]
        parts.append(_drawn(local[at], c.get(d.name), size, stream(seed, f"weights {d.name}")))
    drawn_top = _drawn(top, c.get(TOTAL), size, stream(seed, f"weights {TOTAL}"))
    return WeightDraws(np.hstack(parts), drawn_top)


def _drawn(weights: np.ndarray, c: float | None, size: int, seed: int) -> np.ndarray:
    """Draws (size, k); what has weight 0 keeps it, and an only child its 1."""
    if c is None:
        return np.tile(weights, (size, 1))
    gamma = np.random.default_rng(seed).standard_gamma(c * weights, size=(size, len(weights)))
    return gamma / gamma.sum(axis=1, keepdims=True)
