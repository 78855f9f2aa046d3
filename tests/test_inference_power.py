"""Power and sample size: worked figures, R's pwr, statsmodels, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from svclib.errors import ParamError
from svclib.inference.power import Design, mde, power_of, required_n


@pytest.mark.parametrize(
    ("design", "wanted"),
    [
        (Design(), 0.357),
        (Design(deff=1.5), 0.437),
        (Design(deff=1.5, overlap=0.6, rho=0.6), 0.349),
        (Design(deff=1.5, comparisons=30), 0.621),
    ],
)
def test_detectable_change_of_a_rating_by_design(design, wanted):
    # Worked example: SD .9, 100 answers per period.  60 of 100 answering twice with a correlation
    # of .6 buy back a design effect of 1.5; 30 comparisons by Bonferroni cost more than both.
    assert float(mde(100, sd=0.9, design=design)) == pytest.approx(wanted, abs=5e-4)


def test_by_hand():
    # (1.959964 + 0.841621) · 2 · √(2/50)
    assert float(mde(50, sd=2.0)) == pytest.approx(2.801585 * 2 * 0.2, abs=1e-5)
    # √rate moves by z·√(2/n)/2: √4 + 2.801585·0.2/2 = 2.2801585
    assert float(mde(50, rate=4.0)) == pytest.approx(2.2801585**2 - 4, abs=1e-5)
    assert float(mde(50, rate=4.0, sign=-1)) == pytest.approx(4 - 1.7198415**2, abs=1e-5)


def test_pwr_of_r():
    # R 4.2.2, pwr 1.3.0 (uniroot, about 1e-4): pwr.t.test, pwr.2p.test, power.prop.test, paired
    assert power_of(0.5, 63.7656104, sd=1) == pytest.approx(0.8, abs=1e-4)
    assert float(required_n(0.05, p=0.80)) == pytest.approx(902.3412, rel=1e-4)
    assert power_of(0.25, 50, p=0.5) == pytest.approx(0.7401659, abs=1e-4)
    assert power_of(0.3, 75, sd=1, design=Design(overlap=1, rho=0.5)) == pytest.approx(0.7271696, abs=1e-4)


def test_statsmodels_agrees():
    test = NormalIndPower()
    assert float(mde(100, sd=1)) == pytest.approx(test.solve_power(None, 100, 0.05, 0.8), abs=1e-5)
    far = proportion_effectsize(float(mde(400, p=0.3)) + 0.3, 0.3)
    assert test.power(far, 400, 0.05) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("base", [{"sd": 0.9}, {"p": 0.6}, {"rate": 3.0}])
def test_the_test_has_the_power_planned_for(base):
    change = float(mde(300, **base))
    assert power_of(change, 300, **base) == pytest.approx(0.8, abs=0.01)
    crowded = Design(deff=2.0)
    assert power_of(change, 600, **base, design=crowded) == pytest.approx(0.8, abs=0.01)


BASES = st.one_of(
    st.builds(lambda x: {"sd": x}, st.floats(0.1, 5)),
    st.builds(lambda x: {"p": x}, st.floats(0, 1)),
    st.builds(lambda x: {"rate": x}, st.floats(0, 50)),
)
DESIGNS = st.builds(
    Design,
    st.floats(0.5, 4),
    st.floats(0, 1),
    st.floats(-0.5, 0.9),
    st.integers(1, 100),
    st.just(0.95),
    st.just(0.8),
)


@given(st.floats(5, 5000), BASES, DESIGNS, st.sampled_from([1, -1]))
def test_sample_size_is_the_inverse_of_the_detectable_change(n, base, design, sign):
    change = float(mde(n, **base, sign=sign, design=design))
    if np.isfinite(change) and change > 1e-6:
        assert float(required_n(sign * change, **base, design=design)) == pytest.approx(n, rel=1e-5)


@given(st.floats(5, 5000), BASES, DESIGNS)
def test_more_answers_see_less_and_more_comparisons_see_more(n, base, design):
    one, more = (float(mde(k, **base, design=design)) for k in (n, 2 * n))
    family = float(mde(n, **base, design=design._replace(comparisons=design.comparisons + 5)))
    assert np.isnan(one) or more <= one
    assert np.isnan(family) or one <= family


def test_no_change_beyond_the_end_of_the_scale():
    assert np.isnan(mde(20, p=0.99))
    assert np.isfinite(mde(20, p=0.99, sign=-1))
    assert np.isnan(mde(3, rate=0.1, sign=-1))
    assert np.isfinite(mde(3, rate=0.0))
    assert np.isnan(required_n(0.05, p=0.98))
    assert np.isnan(required_n(-2, rate=1.0))
    assert np.isnan(mde(20, sd=np.nan))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mde(10), "none of sd, p and rate given; give exactly one"),
        (lambda: mde(10, sd=1, p=0.5), "sd, p of sd, p and rate given"),
        (lambda: mde(0, sd=1), "n=0; a sample size is above 0"),
        (lambda: mde(10, sd=0), "sd=0; sd is above 0"),
        (lambda: mde(10, p=1.2), "p=1.2; sd is above 0, p between 0 and 1"),
        (lambda: required_n(1, rate=-1), "rate=-1; .*rate not below 0"),
        (lambda: required_n(0, sd=1), "change=0; no sample shows that nothing changed"),
        (lambda: mde(10, sd=1, design=Design(deff=0, overlap=2)), "deff=0.*overlap=2"),
        (lambda: power_of(1, 9, sd=1, design=Design(rho=1)), "rho=1; a correlation"),
        (lambda: mde(10, sd=1, design=Design(comparisons=0, power=0.2)), "comparisons=0.*power=0.2"),
        (lambda: mde(10, sd=1, design=Design(confidence=95)), "confidence=95"),
    ],
)
def test_refused(call, said):
    with pytest.raises(ParamError, match=said):
        call()
