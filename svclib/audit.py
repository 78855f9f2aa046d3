"""Whether the answers are genuine: whom to call back, what the calls found, which unit stands out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from svclib.columns import checked, empty
from svclib.errors import DataError, nearest
from svclib.inference import adjust

if TYPE_CHECKING:
    from svclib.params.rules import Audit

DOUBTED = ("below", "doubtful")


def callback_sample(responses: pd.DataFrame, audit: Audit, *, seed: int) -> pd.DataFrame:
    """Table "callback_sample": whom to call, a simple random sample of each unit.

    Drawn are max(min_per_unit, ⌈share × answers⌉) respondents per unit and cycle, all of
    them where there are fewer.  Every respondent has a permanent random number, made of the
    seed, the unit and the id, and those with the lowest are drawn (Ohlsson 1995): the order
    of the rows and other units change nothing, and answers that come in later displace few
    of those already called.

    Parameters
    ----------
    responses : DataFrame
        Responses that count.  Rows without an id cannot be called; a respondent who answers
        on a unit twice is one.
    """
    named = responses[responses["respondent"].str.strip() != ""]
    key = ["cycle", "unit"]
    once = named.sort_values("row").drop_duplicates([*key, "respondent"])
    drawn = [_number(seed, u, r) for u, r in zip(once["unit"], once["respondent"], strict=True)]
    place = once.assign(drawn=drawn).groupby(key)["drawn"].rank(method="first")
    answers = responses.groupby(key).size().reindex(pd.MultiIndex.from_frame(once[key])).to_numpy(float)
    # Rounded before the ceiling: 0.07 × 100 is a hair above 7 in floats.
    wanted = np.maximum(audit.min_per_unit, np.ceil(np.round(audit.share * answers, 9)))
    columns = ["cycle", "source", "row", "respondent", "unit", "channel"]
    return checked("callback_sample", once.loc[place.to_numpy() <= wanted, columns])


def _number(seed: int, unit: str, respondent: str) -> int:
    digest = hashlib.sha256("\n".join((str(seed), unit, respondent)).encode()).digest()
    return int.from_bytes(digest[:7], "big")  # 56 bits: ranks are computed in floats


def authenticity(
    sheet: pd.DataFrame | None, responses: pd.DataFrame, audit: Audit, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Table "authenticity": rate of answers that the calls confirmed, per unit of the responses.

    rate = confirmed / reached with the exact interval of Clopper & Pearson (1934): calls are
    few and the rates near 1, where the score interval would call up to one in eleven units
    that just reach `min_rate` "below", and the exact one at most one in forty.  No finite
    population correction: where a good part of a unit is called, the interval is wider than
    need be, never narrower.  judgement: "not_reached" where nobody was; "below" where the whole interval
    lies below `audit.min_rate`; "doubtful" where the rate does and the interval reaches it;
    otherwise "ok".

    Parameters
    ----------
    sheet : DataFrame or None
        Typed call-back sheet; without it the table has no rows.
    responses : DataFrame
        Every returned questionnaire of one cycle, also those left out since.

    Raises
    ------
    DataError
        Ids that no response has; all of them are named.
    """
    if sheet is None:
        return empty("authenticity")
    who = responses[["cycle", "unit", "respondent"]].drop_duplicates()
    _refuse_unknown(sheet, who["respondent"])
    calls = who.merge(sheet[["respondent", "result"]], on="respondent", how="left")
    calls = calls.assign(
        n_sampled=calls["result"].notna(),
        n_reached=calls["result"].isin(["confirmed", "refuted"]),
        n_confirmed=calls["result"] == "confirmed",
    )
    counts = ["n_sampled", "n_reached", "n_confirmed"]
    table = calls.groupby(["cycle", "unit"])[counts].sum().reset_index()
    reached = table["n_reached"].to_numpy()
    low, high = _exact(table["n_confirmed"].to_numpy(), reached, confidence)
    rate = np.divide(table["n_confirmed"], reached, out=np.full(len(table), np.nan), where=reached > 0)
    judged = np.select(
        [reached == 0, high < audit.min_rate, rate < audit.min_rate],
        ["not_reached", *DOUBTED],
        default="ok",
    )
    table = table.assign(
        rate=rate, rate_low=low, rate_high=high, confidence=confidence, min_rate=audit.min_rate
    )
    return checked("authenticity", table.assign(judgement=pd.Series(judged, dtype="str")))


def _refuse_unknown(sheet: pd.DataFrame, known: pd.Series) -> None:
    lost = sheet[~sheet["respondent"].isin(known)]
    if lost.empty:
        return
    told = []
    for row, name in zip(lost["row"], lost["respondent"], strict=True):
        near = nearest(name, known)
        told.append(f"row {row}: {name!r}" + (f" (nearest: {near!r})" if near else ""))
    raise DataError(f"call-back sheet: ids that no response has: {', '.join(told)}. Write them as returned.")


def _exact(confirmed: np.ndarray, reached: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    ends = np.full((2, len(reached)), np.nan)
    some = reached > 0
    ends[:, some] = proportion_confint(confirmed[some], reached[some], alpha=1 - confidence, method="beta")
    return ends[0], ends[1]


def doubtful_units(table: pd.DataFrame) -> dict[str, str]:
    """Units of table "authenticity" of one cycle to be doubted, and how: "below" or "doubtful"."""
    doubted = table[table["judgement"].isin(DOUBTED)]
    return dict(zip(doubted["unit"], doubted["judgement"], strict=True))


def unusual_units(screening: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Table "unusual": where one unit has more flagged answers of a rule than the others together.

    Fisher's exact test, one-sided, of the unit against the rest; Holm over all units and
    rules of the cycle that flagged anything.  Induced or made-up ratings tend to be alike,
    so a unit that stands out by straight-lining or copies wants a look, and call-backs.

    Parameters
    ----------
    screening : table "screening".
    alpha : level; `unusual` is p_more_adj < alpha.
    """
    key = ["cycle", "rule"]
    table = screening[screening["unit"] != ""].copy()
    sums = table.groupby(key)[["n_rows", "n_flagged"]].transform("sum")
    rest = sums - table[["n_rows", "n_flagged"]]
    held = (sums["n_flagged"] > 0) & (rest["n_rows"] > 0)
    table, sums, rest = table[held], sums[held], rest[held]
    p = stats.hypergeom.sf(table["n_flagged"] - 1, sums["n_rows"], sums["n_flagged"], table["n_rows"])
    table = table.assign(share_others=rest["n_flagged"] / rest["n_rows"], p_more=p)
    adjusted = table.groupby("cycle")["p_more"].transform(lambda values: adjust(values.to_numpy(), "holm"))
    columns = ["cycle", "unit", "rule", "n_rows", "n_flagged", "share", "share_others", "p_more"]
    return checked("unusual", table[columns].assign(p_more_adj=adjusted, unusual=adjusted < alpha))
