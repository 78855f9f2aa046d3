"""`python -m benchmarks.bench_sensitivity`: grades and ranks under 10,000 sets of weights.

500 units x 30 indicators in 5 dimensions, limits included, against one product of that size
(10,000 x 30 by 30 x 500) in the same run.  Ratios hardly depend on the machine; one over its
limit ends with exit code 1.  pymcdm is timed where it is installed.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np

from benchmarks.timing import HEAD, line, peak, seconds
from svclib import framework, sensitivity
from svclib.grades import Met
from svclib.scores import WeightDraws
from svclib.sensitivity import Standing
from svclib.sensitivity.stability import of_weights

DRAWS, UNITS, DIMENSIONS, PER_DIMENSION = 10_000, 500, 5, 6
RATIO, MEGABYTES = 40.0, 300.0
PEER_DRAWS = 200


def system() -> framework.Framework:
    """30 amounts scored as they are, four grades, a veto on an indicator and a cap on a dimension."""
    dimensions = {
        f"D{k}": {
            "weight": 1 / DIMENSIONS,
            "indicators": {
                f"i{k}{j}": {"kind": "amount", "score": {0: 0, 100: 100}, "weight": 1 / PER_DIMENSION}
                for j in range(PER_DIMENSION)
            },
        }
        for k in range(DIMENSIONS)
    }
    limits = [
        {"type": "veto", "object": "i00", "condition": "< 5", "result": "d"},
        {"type": "cap", "object": "D1", "condition": "< 50", "result": "c"},
    ]
    grades = {"scale": {"a": 60, "b": 50, "c": 40, "d": 0}, "limits": limits}
    content = {"name": "x", "version": "1", "subjects": {"s": 1}, "grades": grades, "dimensions": dimensions}
    return framework.from_dict(content)


def standing(rules: framework.Framework) -> Standing:
    """Units with random points to which everything applies."""
    points = np.random.default_rng(0).uniform(0, 100, (UNITS, DIMENSIONS * PER_DIMENSION))
    none = np.zeros(UNITS, dtype=int)
    names = [i.name for i in rules.indicators]
    local = np.full((1, len(names)), 1 / PER_DIMENSION)
    return Standing(
        rules,
        WeightDraws(local, np.full((1, DIMENSIONS), 1 / DIMENSIONS)),
        [f"u{k:03d}" for k in range(UNITS)],
        points,
        {name: points[:, j] for j, name in enumerate(names)},
        np.zeros(UNITS),
        Met(none, none),
        none - 1,
        none,
    )


def drawn(rng: np.random.Generator) -> WeightDraws:
    """Dirichlet weights of every level."""
    inner = [rng.dirichlet(np.full(PER_DIMENSION, 10.0), size=DRAWS) for _ in range(DIMENSIONS)]
    return WeightDraws(np.hstack(inner), rng.dirichlet(np.full(DIMENSIONS, 20.0), size=DRAWS))


def peer(of: Standing, weights: np.ndarray) -> float | None:
    """Seconds of pymcdm's weighted sum for all draws, from a few of them; None where it is absent."""
    try:
        methods = importlib.import_module("pymcdm.methods")
        plain = importlib.import_module("pymcdm.normalizations").sum_normalization
    except ModuleNotFoundError:
        return None
    model, types = methods.WSM(plain), np.ones(weights.shape[1])

    def loop() -> None:
        for w in weights[:PEER_DRAWS]:
            model.rank(model(of.points, w, types))

    return seconds(loop, 1) / PEER_DRAWS * len(weights)


def main() -> int:
    """Print all comparisons; 1 when a budget is missed."""
    of, weights = standing(system()), drawn(np.random.default_rng(1))
    whole = np.repeat(weights.top, PER_DIMENSION, axis=1) * weights.local
    turned = np.ascontiguousarray(of.points.T)
    print(HEAD)
    product = seconds(lambda: whole @ turned, 10)
    own = seconds(lambda: of_weights([(of, weights)]))
    bad = line("grades and ranks, 10k x 500 x 30, s", own, "one product of that size", product, RATIO)
    used = peak(lambda: of_weights([(of, weights)]))
    bad += line("the same: memory beyond the data, MB", used, "budget", MEGABYTES, 1)
    near = seconds(lambda: sensitivity.breakpoints(of, cycle="x"), 1)
    bad += line("breakpoints of 500 units, s", near, "one product of that size", product, np.inf)
    loop = peer(of, whole)
    if loop is None:
        print("pymcdm is not there, left out")
    else:
        line(
            "grades and ranks, 10k x 500 x 30, s", own, f"WSM of pymcdm, 10k ({PEER_DRAWS} run)", loop, np.inf
        )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
