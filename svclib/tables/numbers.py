"""Numbers as text.  `fmt` is the one rounding function of the workbench."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import pandas as pd

from svclib.errors import ParamError

Decimals = int | Mapping[str, int]

DASH = "—"
HIDDEN = "*"  # a number that is known and not published
ROUNDING = {"half_up": ROUND_HALF_UP, "gbt8170": ROUND_HALF_EVEN}
_WIDE = Context(prec=400)  # the default 28 digits cannot hold every float


def fmt(x: Any, decimals: int, rule: str = "half_up") -> str:
    """Number as text with `decimals` digits, "—" when missing, never "-0.00".

    Parameters
    ----------
    x : number
        Rounded as the decimal number Python prints for it, so 1.005 is a tie.
    rule : "half_up" (as a spreadsheet) or "gbt8170" (half to even, GB/T 8170).

    >>> fmt(1.005, 2), fmt(0.125, 2, "gbt8170"), fmt(-0.001, 2), fmt(float("nan"), 2)
    ('1.01', '0.12', '0.00', '—')
    """
    return _rounded(x, decimals, rule, shift=0)


def fmt_all(values: Iterable[Any], decimals: int, rule: str = "half_up") -> list[str]:
    """`fmt` of every value."""
    return [fmt(v, decimals, rule) for v in values]


def signed(x: Any, decimals: int) -> str:
    """A change with its sign; none where it prints as zero."""
    text = fmt(x, decimals)
    return f"+{text}" if x > 0 and text.strip("0.") else text


def percent(x: Any, decimals: int = 1, rule: str = "half_up") -> str:
    """Fraction as percent, e.g. 0.285 as "28.5%"; scaled as a decimal, so no tie is lost."""
    text = _rounded(x, decimals, rule, shift=2)
    return text if text == DASH else f"{text}%"


def odds(x: Any, decimals: int = 1) -> str:
    """Probability counted over draws as percent; draws never show that one is 0 or 1."""
    least = Decimal(1).scaleb(-decimals - 2)
    if pd.isna(x):
        return DASH
    if x > 1 - least:
        return f">{percent(1 - least, decimals)}"
    return f"<{percent(least, decimals)}" if x < least else percent(x, decimals)


def short_percent(x: Any) -> str:
    """Fraction as percent without trailing zeros, for levels a person chose: 0.95 as "95%"."""
    text = percent(x, 4)
    return text if text == DASH else text[:-1].rstrip("0").rstrip(".") + "%"


def short(x: Any, decimals: int = 4) -> str:
    """`fmt` without trailing zeros, for limits and targets a person wrote: 2.0 as "2"."""
    text = fmt(x, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratio(x: Any, decimals: int = 2) -> str:
    """How many times one outweighs another, 1/5 below one."""
    return short(x, decimals) if x >= 1 else f"1/{short(1 / x, decimals)}"


def p_text(p: Any, decimals: int = 3) -> str:
    """P-value as text; below the last digit "<0.001", never "0.000"."""
    if pd.isna(p):
        return DASH
    least = Decimal(1).scaleb(-decimals)
    return f"<{least}" if Decimal(repr(float(p))) < least else fmt(p, decimals)


def interval(lo: Any, hi: Any, decimals: int) -> str:
    """Two limits in one cell, "[78.2, 81.6]"; "—" when either is missing."""
    return DASH if pd.isna(lo) or pd.isna(hi) else f"[{fmt(lo, decimals)}, {fmt(hi, decimals)}]"


def _rounded(x: Any, decimals: int, rule: str, *, shift: int) -> str:
    if rule not in ROUNDING:
        raise ParamError(f"rounding rule {rule!r} is unknown; choose one of {sorted(ROUNDING)}")
    if pd.isna(x):
        return DASH
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    exact = Decimal(repr(float(x))).scaleb(shift)
    q = exact.quantize(Decimal(1).scaleb(-decimals), ROUNDING[rule], context=_WIDE)
    return f"{q.copy_abs() if q.is_zero() else q:f}"
