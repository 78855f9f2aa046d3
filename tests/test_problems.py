from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import problems
from svclib.columns import checked
from svclib.params.rules import ProblemRules

FRAMEWORK = tiny_framework()


def losses(**scores: list[float]) -> pd.DataFrame:
    """Scores of units u0, u1, … by indicator, each of weight .2."""
    rows = [
        {"cycle": "Q", "indicator": name, "unit": f"u{k}", "dimension": FRAMEWORK.indicator(name).dimension,
         "score": score, "lost": 0.2 * (100 - score), "value": score, "target": 90.0, "peers": 80.0}
        for name, values in scores.items()
        for k, score in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def targets(**statuses: str) -> pd.DataFrame:
    """`态度="mmx-"`: m met, x missed, - not applicable."""
    words = {"m": "met", "x": "missed", "-": "not_applicable"}
    rows = [("Q", f"u{k}", name, words[s]) for name, text in statuses.items() for k, s in enumerate(text)]
    return pd.DataFrame(rows, columns=["cycle", "unit", "indicator", "status"])


def test_common_by_hand_with_the_share_among_those_judged():
    got = problems.find(
        losses(态度=[60.0, 70.0, 90.0, 90.0], 处理率=[80.0, 90.0, 95.0, 95.0]),
        targets(态度="xxm-", 处理率="xmmm"),
        FRAMEWORK,
        ProblemRules(common_share=0.5),
    )
    checked("problems", got)
    assert got[["problem", "indicator", "unit", "n_missed"]].to_numpy().tolist() == [
        ["common", "态度", "", 2]
    ]
    row = got.iloc[0]
    np.testing.assert_allclose([row["share"], row["lost"], row["lost_total"]], [2 / 3, 7.0, 14.0])


@pytest.mark.parametrize(("share", "found"), [(0.5, 1), (0.51, 0)])
def test_a_share_on_the_limit_is_common(share: float, found: int):
    got = problems.find(
        losses(态度=[60.0] * 4), targets(态度="xxmm"), FRAMEWORK, ProblemRules(common_share=share)
    )
    assert len(got) == found


def test_prominent_is_below_the_lower_fence_and_needs_five_units():
    # Quartiles of 50 78 80 82 84 are 78 and 82: the fence is 72.
    got = problems.find(losses(态度=[50.0, 78.0, 80.0, 82.0, 84.0]), targets(), FRAMEWORK, ProblemRules())
    assert got[["problem", "unit", "lost"]].to_numpy().tolist() == [["prominent", "u0", 10.0]]
    assert problems.find(losses(态度=[50.0, 80.0, 82.0, 84.0]), targets(), FRAMEWORK, ProblemRules()).empty


def test_most_points_lost_by_most_units_comes_first():
    got = problems.find(
        losses(态度=[80.0] * 4, 处理率=[60.0] * 4),
        targets(态度="xxxx", 处理率="xxmm"),
        FRAMEWORK,
        ProblemRules(),
    ).sort_values("priority")
    assert list(got["indicator"]) == ["态度", "处理率"] or got["lost_total"].is_monotonic_decreasing
    np.testing.assert_allclose(sorted(got["lost_total"], reverse=True), [16.0, 16.0])
    assert list(got["indicator"]) == ["态度", "处理率"]  # equal: the framework's order


@given(st.lists(st.floats(0, 100), min_size=5, max_size=12), st.randoms())
def test_the_order_of_rows_changes_nothing(scores: list[float], rng):
    table = losses(态度=scores)
    aims = targets(态度="".join(rng.choice("mx-") for _ in scores))
    one = problems.find(table, aims, FRAMEWORK, ProblemRules())
    two = problems.find(
        table.sample(frac=1, random_state=1), aims.sample(frac=1, random_state=2), FRAMEWORK, ProblemRules()
    )
    pd.testing.assert_frame_equal(one, two)


def test_advice_is_the_frameworks_own():
    told = FRAMEWORK.model_copy(
        update={
            "dimensions": tuple(
                d.model_copy(
                    update={
                        "indicators": tuple(
                            i.model_copy(update={"advice": f"改进{i.name}"}) for i in d.indicators
                        )
                    }
                )
                for d in FRAMEWORK.dimensions
            )
        }
    )
    got = problems.find(losses(态度=[60.0, 60.0]), targets(态度="xx"), told, ProblemRules())
    assert list(got["advice"]) == ["改进态度"]
