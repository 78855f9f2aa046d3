"""Coverage of the intervals of AVE, CR, HTMT and of factor correlations, by seeded simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import factor, validity
from svclib.validity.correlations import correlation

pytestmark = pytest.mark.slow
TWO = {"a": ["q1", "q2", "q3"], "b": ["q4", "q5", "q6"]}
LOADINGS = np.array([0.8, 0.7, 0.6, 0.85, 0.7, 0.65])
PHI, RUNS = 0.6, 1000
SHIFT = {"symmetric": 0.0, "ceiling": 1.3}  # 9 % and 47 % of the answers at the top


def draw(rng, n, shift):
    """Congeneric items of two dimensions, answered on five points."""
    latent = rng.multivariate_normal([0, 0], [[1, PHI], [PHI, 1]], n)
    x = LOADINGS * np.repeat(latent, 3, axis=1) + np.sqrt(1 - LOADINGS**2) * rng.normal(size=(n, 6))
    return np.clip(np.round(1.1 * (x + shift) + 3), 1, 5)


def told(found, scales):
    """Every estimate with its interval, in one order."""
    parts = [validity.convergent(scales).query("variant == 'raw'"), validity.factor_correlations(scales)]
    return pd.concat([*parts, validity.ratios(found, TWO)] if found else parts, ignore_index=True)


def truth(shift):
    """What the functions give on the covariances of three million answers."""
    rng = np.random.default_rng(99)
    cov = np.cov(np.concatenate([draw(rng, 10**6, shift) for _ in range(3)]).T, bias=True)
    fitted = told(None, validity.confirm(factor.from_matrix(cov, 3 * 10**6), TWO))["estimate"].tolist()
    places = [range(3), range(3, 6)]
    return fitted + [validity.htmt(correlation(cov), places, geometric=g)[0][0] for g in (False, True)]


@pytest.mark.parametrize("answers", SHIFT)
@pytest.mark.parametrize("n", [200, 1000])
def test_intervals_cover(answers, n):
    shift = SHIFT[answers]
    goal, rng = np.array(truth(shift)), np.random.default_rng(n)
    hit, stats = np.zeros(len(goal)), pd.Series(dtype=str)
    for _ in range(RUNS):
        x = pd.DataFrame(draw(rng, n, shift), columns=[f"q{j}" for j in range(1, 7)])
        found = factor.moments(factor.sample(x))
        table = told(found, validity.confirm(found, TWO))
        stats = table["stat"]
        hit += ((table["ci_low"] <= goal) & (goal <= table["ci_high"])).to_numpy()
    covered = pd.Series(hit / RUNS, index=stats.to_numpy())
    assert covered[["ave", "cr", "htmt"]].between(0.93, 0.97).all(), covered
    assert covered.between(0.93, 0.98).all(), covered
