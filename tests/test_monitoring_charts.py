"""Control charts: limits, named rules, direction, phases, assurance; and funnels over units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import columns
from svclib.errors import DataError, ParamError
from svclib.monitoring import (
    Phase,
    Spec,
    attribute_limits,
    control_chart,
    funnel,
    named_rules,
    signals,
    xmr_limits,
)
from svclib.monitoring.funnels import winsorised_square

# Wheeler, D. J. (2000). Understanding variation.
WHEELER = [5045, 4350, 4350, 3975, 4290, 4430, 4485, 4285, 3980, 3925, 3645, 3760, 3300, 3685, 3463, 5200]
# R: set.seed(123); rnorm(20), the series of a test of NHSRplotthedots.
NHS = [
    -0.56047564655221, -0.23017748948328, 1.55870831414912, 0.07050839142458, 0.12928773516095,
    1.71506498688328, 0.46091620582090, -1.26506123460653, -0.68685285189526, -0.44566197009996,
    1.22408179743946, 0.35981382705736, 0.40077145059405, 0.11068271594512, -0.55584113474600,
    1.78691313680308, 0.49785047822923, -1.96661715662964, 0.70135590156367, -0.47279140772793,
]  # fmt: skip


def band(found):
    return [found.centre, found.centre - found.reach[0], found.centre + found.reach[0]]


def series(values, *, counts=None, first="2026-01-05"):
    days = [str(d.date()) for d in pd.date_range(first, periods=len(values), freq="7D")]
    top, base = counts or ([np.nan] * len(values), [np.nan] * len(values))
    return pd.DataFrame(
        {"at": days, "day": days, "value": values, "numerator": top, "denominator": base}
    ).astype({"value": float, "numerator": float, "denominator": float})


def test_three_points_by_hand():
    found = xmr_limits(np.array([1.0, 2.0, 4.0]))
    assert band(found) == pytest.approx([7 / 3, 7 / 3 - 2.66 * 1.5, 7 / 3 + 2.66 * 1.5])


def test_wheelers_series_as_published_and_as_qcc():
    plain = xmr_limits(np.array(WHEELER, dtype=float), screen=False)
    assert band(plain) == pytest.approx([4135.5, 3188.7173333, 5082.2826667], abs=1e-6)
    qcc = xmr_limits(np.array(WHEELER, dtype=float), constants="qcc", screen=False)
    # R 4.2.2, qcc 2.7: 3188.86879433, 5082.13120567
    assert band(qcc)[1:] == pytest.approx([3188.86879433, 5082.13120567], abs=1e-7)


def test_the_nhs_series_with_and_without_screening():
    assert band(xmr_limits(np.array(NHS))) == pytest.approx([0.1416238, -3.01138, 3.294627], abs=1e-5)
    wild = np.array(NHS)
    wild[14] = 10
    assert band(xmr_limits(wild)) == pytest.approx([0.6694159, -2.383666, 3.722497], abs=1e-5)
    loose = xmr_limits(wild, screen=False)
    assert band(loose) == pytest.approx([0.6694159, -4.596625, 5.935457], abs=1e-5)


def test_laney_of_binomial_points_without_extra_scatter_by_hand():
    x, n = np.array([8.0, 12, 8, 12]), np.full(4, 100.0)
    found = attribute_limits(x, n, kind="p")
    noise = np.sqrt(0.1 * 0.9 / 100)
    # z moves by 0.04/noise each time; their mean over 1.128 is the scatter.
    assert found.centre == pytest.approx(0.1)
    assert found.reach[0] == pytest.approx(3 * noise * (0.04 / noise) / 1.128)


def test_u_limits_follow_the_exposure():
    found = attribute_limits(np.array([4.0, 9, 5, 12]), np.array([1.0, 2, 1, 4]), kind="u")
    assert found.centre == pytest.approx(30 / 8)
    assert found.reach[0] == pytest.approx(2 * found.reach[3])


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=30), st.integers(-9, 9), st.integers(1, 9))
def test_limits_move_and_scale_with_the_values(values, shift, factor):
    x = np.array(values, dtype=float)
    one, two = xmr_limits(x), xmr_limits(shift + factor * x)
    assert two.centre == pytest.approx(shift + factor * one.centre)
    assert two.reach == pytest.approx(factor * one.reach)


def marks(values, centre=0.0, reach=3.0):
    found = named_rules(np.array(values, dtype=float), centre, np.full(len(values), reach))
    return {name: found[name].tolist() for name in found if found[name].any()}


def test_each_rule_marks_its_own_points():
    assert marks([0, 1, -4, 1]) == {"outside": [0, 0, -1, 0]}
    assert marks([-1, *[1, 0.5] * 3, 1, -1]) == {"run_of_seven": [0, *[1] * 7, 0]}
    assert marks([-1, *[1, 0.5] * 3, -1]) == {}
    assert marks([1, 0, 0, *[1, 0.5] * 3, 0]) == {}  # a point on the centre line breaks a run
    assert marks([2, 1.8, 1, 0.5, -0.1, -0.5, -1, 0]) == {"trend_of_seven": [-1] * 7 + [0]}
    assert marks([0, 2.5, 0, 2.4, -1]) == {"two_of_three": [0, 1, 0, 1, 0]}
    assert marks([0, 2.5, 0, 0, 2.4]) == {}
    assert marks([2.5, -2.5, 0]) == {}


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30))
def test_rules_are_the_same_upside_down(values):
    up = named_rules(np.array(values), 0.0, np.full(len(values), 3.0))
    down = named_rules(-np.array(values), 0.0, np.full(len(values), 3.0))
    assert (up == -down).all(axis=None)


@pytest.mark.parametrize(
    ("better", "wanted"), [("high", "concerning"), ("low", "improving"), ("near", "shifted")]
)
def test_a_fall_means_what_the_direction_says(better, wanted):
    points, told = control_chart(series([10, 11, 10, 12, 11, 10, 11, 12, 10, 11, 11, 3]), Spec(better=better))
    assert points["variation"].tolist() == ["common"] * 11 + [wanted]
    assert (told["variation"], told["rule"], told["since"]) == (wanted, "outside", points["at"].iloc[-1])


def test_since_is_the_first_point_of_the_run():
    # Runs of four below and eight above: the last eight are one run.
    _, told = control_chart(series([*[4, 5] * 2, *[9, 8, 9.5, 8.5] * 2]), Spec())
    assert told["rule"].startswith("run_of_seven")
    assert told["since"] == series([0] * 12)["at"].iloc[4]


@pytest.mark.parametrize(("n", "status"), [(5, "few_points"), (6, "trial"), (11, "trial"), (12, "adequate")])
def test_few_points_have_no_limits_and_some_are_a_trial(n, status):
    points, told = control_chart(series(np.tile([1.0, 2.0], n)[:n]), Spec())
    assert told["status"] == status
    assert points["limit_low"].isna().all() == (status == "few_points")
    assert (points["variation"] == "unjudged").all() == (status == "few_points")


def test_what_never_varies_or_hardly_happens_has_no_limits():
    assert control_chart(series([3.0] * 12), Spec())[1]["status"] == "no_variation"
    rare = series([0.0] * 11 + [1], counts=([0] * 11 + [1], [50] * 12))
    assert control_chart(rare, Spec("p", scale=100))[1]["status"] == "few_events"


def test_limits_end_where_values_do():
    points, _ = control_chart(series([99, 92, 99, 95, 100, 91, 99, 94]), Spec(bounds=(0.0, 100.0)))
    assert points["limit_high"].max() == 100


def test_times_are_charted_on_the_log_scale():
    times = np.array([3.0, 30, 5, 21, 4, 40, 6, 18])
    points, told = control_chart(series(times), Spec(better="low", log=True))
    assert told["centre"] == pytest.approx(np.exp(np.log(times).mean()))
    assert (points["limit_low"] > 0).all()


def test_declared_phases_have_limits_of_their_own():
    values = [*[10, 12] * 4, *[20, 22] * 4]
    frame = series(values)
    points, told = control_chart(frame, Spec(), phases=[Phase(frame["day"].iloc[8], "新系统")])
    assert points["centre"].tolist() == [11.0] * 8 + [21.0] * 8
    assert (told["n_points"], told["phase"], told["variation"]) == (8, 2, "common")
    # Without the phase the same series is a shift.
    assert control_chart(frame, Spec())[1]["variation"] == "improving"


@pytest.mark.parametrize(
    ("better", "target", "wanted"),
    [
        ("high", 5.0, "pass"), ("high", 11.0, "hit_or_miss"), ("high", 30.0, "fail"),
        ("low", 30.0, "pass"), ("low", 5.0, "fail"), ("near", (0.0, 40.0), "pass"),
        ("near", (30.0, 40.0), "fail"), ("near", (0.0, 11.0), "hit_or_miss"), ("high", None, ""),
    ],
)  # fmt: skip
def test_assurance_is_the_target_against_the_limits(better, target, wanted):
    told = control_chart(series([10, 12] * 6), Spec(better=better, target=target))[1]
    assert told["assurance"] == wanted


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: control_chart(series([1, 2, 3]), Spec("c")),
            r"chart='c'; choose one of \['xmr', 'p', 'u'\]",
        ),
        (lambda: control_chart(series([1, 2, 3]), Spec(better="up")), "better='up'; choose one of"),
        (lambda: control_chart(series([1]), Spec()), "at least two points, found 1"),
        (
            lambda: control_chart(series([1, 2, 3]), Spec(), phases=[Phase("2025-01-01", "改制")]),
            r"phase from 2025-01-01 \(改制\) is outside the series, 2026-01-05 to 2026-01-19",
        ),
        (lambda: xmr_limits(np.array([1.0, 2]), constants="d3"), "constants='d3'; choose one of"),
        (lambda: attribute_limits(np.ones(3), np.ones(3), kind="np"), "kind='np'; choose one of"),
    ],
)
def test_what_cannot_be_charted_is_refused(make, text):
    with pytest.raises(ParamError, match=text):
        make()


def test_impossible_counts_are_refused():
    with pytest.raises(DataError, match="denominator above 0"):
        attribute_limits(np.array([3.0, 5]), np.array([2.0, 9]), kind="p")
    with pytest.raises(DataError, match="at least two points, found 1"):
        xmr_limits(np.array([1.0]))


# ---- funnels


def units(n=12, **more):
    return pd.DataFrame({"unit": [f"u{k:02d}" for k in range(n)]} | more)


def test_a_funnel_of_means_by_hand():
    found = funnel(units(4, value=[1.0, 2, 3, 4], se=[1.0] * 4), form="mean")
    assert found["centre"].tolist() == [2.5] * 4
    assert found["z"].tolist() == [-1.5, -0.5, 0.5, 1.5]
    # Winsorised at −1.2 and 1.2 (quantiles .1 and .9): φ = (2·1.2² + 2·0.5²)/4
    assert found["dispersion"].iloc[0] == pytest.approx((2 * 1.44 + 2 * 0.25) / 4)
    inflated = found["dispersion"].iloc[0] / winsorised_square(0.1)
    assert found["tau2"].iloc[0] == pytest.approx(max(0.0, (4 * inflated - 3) / 3))


def test_a_funnel_of_proportions_is_on_the_arcsine_scale():
    found = funnel(
        units(5, numerator=[50, 52, 48, 51, 49], denominator=[100] * 5), form="proportion", scale=100
    )
    assert found["centre"].iloc[0] == pytest.approx(50)
    assert found["z"].iloc[1] == pytest.approx((np.arcsin(np.sqrt(0.52)) - np.pi / 4) * 20)
    assert found["tau2"].iloc[0] == 0
    assert found["low_95"].iloc[0] == pytest.approx(100 * np.sin(np.pi / 4 - 1.959964 / 20) ** 2)


@pytest.mark.parametrize("form", ["mean", "log_mean", "rate"])
def test_a_unit_far_off_is_found_in_every_form(form):
    rng = np.random.default_rng(5)
    if form == "rate":
        frame = units(12, numerator=[*range(360, 415, 5), 700], denominator=[100.0] * 12)
    else:
        frame = units(12, value=[*rng.normal(50, 2, 11), 80], se=[2.0] * 12)
    found = funnel(frame, form=form, better="low")
    assert found["status"].tolist() == ["within"] * 11 + ["worse_998"]
    assert funnel(frame, form=form, better="high")["status"].iloc[-1] == "better_998"
    assert funnel(frame, form=form, better="near")["status"].iloc[-1] == "apart_998"


@given(st.lists(st.floats(-20, 20), min_size=5, max_size=20), st.floats(0.1, 3))
def test_allowing_for_overdispersion_only_widens(values, error):
    found = funnel(units(len(values), value=values, se=[error] * len(values)), form="mean")
    assert (found["z_adj"].abs() <= found["z"].abs() + 1e-9).all()
    assert (found["low_998"] <= found["low_95"]).all()
    assert (found["low_95"] <= found["centre"]).all()


def test_winsorised_squares_of_a_normal():
    z = np.random.default_rng(1).normal(size=400_000)
    drawn_in = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    assert winsorised_square(0.1) == pytest.approx((drawn_in**2).mean(), abs=0.008)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: funnel(units(4, value=1.0, se=1.0), form="ratio"),
            ParamError,
            "form='ratio'; choose one of",
        ),
        (lambda: funnel(units(2, value=1.0, se=1.0), form="mean"), ParamError, "at least 3 units, found 2"),
        (lambda: funnel(units(3, value=1.0, se=0.0), form="mean"), DataError, "standard error above 0"),
        (lambda: funnel(units(3, numerator=5, denominator=4), form="proportion"), DataError, "from 0 to it"),
    ],
)
def test_what_is_no_funnel_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


# ---- signals


def chart(every="week", variation="concerning", status="adequate", rule="outside", **more):
    row = dict.fromkeys(columns.TABLES["control_charts"].all_columns, "") | {
        "cycle": "c", "unit": "甲", "level": "indicator", "node": "态度", "every": every, "chart": "xmr",
        "status": status, "variation": variation, "rule": rule, "value": 3.0, "centre": 4.0, "limit_low": 3.5,
        "limit_high": 4.5, "since": "2026-03-02", "n_points": 13, "phase": 1, "target": np.nan,
    }  # fmt: skip
    return row | more


def raised(*rows, funnel_rows=None):
    far = columns.empty("funnel") if funnel_rows is None else funnel_rows
    return signals(pd.DataFrame(list(rows)), far, tiny_framework(), {("甲", "态度"): "2026-09-30"})


def test_a_special_cause_for_the_worse_is_an_amber_signal():
    found = raised(chart())
    columns.checked("alerts", found)
    told = found.iloc[0]
    assert told[["raised_by", "level", "rule", "threshold", "since", "due"]].tolist() == [
        "signal", "amber", "outside", 3.5, "2026-03-02", "2026-09-30",
    ]  # fmt: skip
    assert raised(chart(rule="run_of_seven;two_of_three")).iloc[0]["threshold"] == 4.0


@pytest.mark.parametrize(
    "row",
    [chart(status="trial"), chart(variation="improving"), chart(variation="common"), chart(level="total")],
)
def test_trial_limits_and_good_news_raise_nothing(row):
    assert raised(row).empty


def test_the_shortest_sub_periods_speak_for_an_indicator():
    assert raised(chart("cycle"), chart("week", variation="common")).empty


def test_a_unit_far_behind_is_a_signal():
    blank = dict.fromkeys(columns.TABLES["funnel"].all_columns, 0.0)
    row = blank | {
        "cycle": "c", "indicator": "态度", "unit": "甲", "kind": "rating", "measure": "分", "value": 2.0,
        "centre": 4.0, "low_998": 3.0, "high_998": 5.0, "status": "worse_998", "method": "mean",
    }  # fmt: skip
    found = raised(chart(variation="common"), funnel_rows=pd.DataFrame([row]))
    assert found[["rule", "threshold", "since"]].to_numpy().tolist() == [["funnel_998", 3.0, "c"]]
