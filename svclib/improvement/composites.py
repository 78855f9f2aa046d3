"""Changes of dimensions and the total, from joint draws carried through the anchors."""

from __future__ import annotations

import numpy as np

from svclib.improvement.rows import Comparison, Row
from svclib.inference import required_n
from svclib.scores import TOTAL, NodeDraws


def composite_changes(
    points: tuple[NodeDraws, NodeDraws],
    drawn: tuple[NodeDraws, NodeDraws],
    comparison: Comparison,
    *,
    n: tuple[int, int],
    comparable: bool,
) -> list[Row]:
    """One unit's dimension and total scores, baseline and current.

    Parameters
    ----------
    points : the scores themselves (one draw each), by one weight vector over the
        indicators both cycles have
    drawn : joint draws of the same scores, draw d of both cycles belonging together
    n : valid respondents then and now
    comparable : False when the weights move with the sample: nothing is tested

    Notes
    -----
    The interval is the percentile interval of the drawn differences, the p-values are the
    shares of draws beyond the null value: never a delta method through a kink.
    """
    found = []
    for node, scores0 in points[0].scores.items():
        value0, value1 = float(scores0[0]), float(points[1].scores[node][0])
        row: Row = {
            "level": TOTAL if node == TOTAL else "dimension", "node": node, "kind": "composite",
            "design": "composite", "estimate0": value0, "estimate1": value1, "change": value1 - value0,
            "gain": value1 - value0, "mid": comparison.composite_mid, "mid_on": "points",
            "n0": n[0], "n1": n[1],
        }  # fmt: skip
        difference = drawn[1].scores[node] - drawn[0].scores[node]
        found.append(row | _drawn_test(row, difference, comparison, comparable=comparable))
    return found


def _drawn_test(row: Row, difference: np.ndarray, comparison: Comparison, *, comparable: bool) -> Row:
    if not np.isfinite(difference).all():
        return {"verdict": "not_comparable", "reason": "no_common_indicator"}
    if np.ptp(difference) == 0:
        return {"method": "fixed", "reason": "bare_value", "flags": "fixed"}
    alpha = comparison.alpha
    limits = np.quantile(difference, [alpha / 2, 1 - alpha / 2, alpha, 1 - alpha])
    shown = dict(zip(("ci_low", "ci_high", "ci90_low", "ci90_high"), limits.tolist(), strict=True))
    se = float(difference.std(ddof=1))
    needed = required_n(np.array([min(row["n0"], row["n1"])]), np.array([se]), mid=row["mid"],
                        confidence=comparison.confidence)  # fmt: skip
    shown |= {"se": se, "method": "joint_draws", "reason": "design_composite", "required_n": float(needed[0])}
    if not comparable:
        return shown | {"verdict": "not_comparable", "reason": "relative_weights"}
    return shown | _tails(difference, row["change"], row["mid"])


def _tails(difference: np.ndarray, change: float, mid: float) -> dict[str, float]:
    """p-values as shares of draws; one draw is added to each, so that none is 0."""

    def at_most(value: float) -> float:
        return float((difference <= value).sum() + 1) / (len(difference) + 1)

    def at_least(value: float) -> float:
        return float((difference >= value).sum() + 1) / (len(difference) + 1)

    p = {"p_diff": min(1.0, 2 * min(at_most(0.0), at_least(0.0))), "p_beyond": np.nan, "p_equiv": np.nan}
    if np.isfinite(mid):
        p["p_beyond"] = min(1.0, 2 * (at_most(mid) if change > 0 else at_least(-mid)))
        p["p_equiv"] = max(at_most(-mid), at_least(mid))
    return p
