"""Every index of every returned questionnaire, group by group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svclib.columns import checked
from svclib.screening.alike import bursts, near_duplicates
from svclib.screening.form import Form
from svclib.screening.indices import even_odd, irv, less_item_means, longest_run, mahalanobis
from svclib.screening.plain import STAMPS, missing_share, pace
from svclib.screening.rarity import arrangement, surprise

ROW = ["cycle", "source", "row"]
GROUP = ["cycle", "subject"]
INDICES = (
    *("n_answered", "missing_share", "pace", "longest_run", "irv", "mahalanobis", "mahalanobis_p"),
    *("even_odd", "identical", "burst"),
)


def measure(rows: pd.DataFrame, form: Form, cuts: Mapping[str, float], *, minutes: float) -> pd.DataFrame:
    """Indices of every row, in the order of `rows`.

    Comparisons are among the answers of one cycle and subject, those of `near_duplicates`
    and `bursts` within one unit.

    Parameters
    ----------
    rows : typed responses, raw codes
    cuts : cut of every rule, see `rules.cuts`
    minutes : window of a burst

    Returns
    -------
    DataFrame with n_answered, missing_share, pace (seconds per item), longest_run and run_bits,
    irv (share of the scale), mahalanobis, mahalanobis_p, distance_items, distance_cut, even_odd,
    blocks, spread, identical, other (file row of the most similar form, −1), burst, burst_of
    """
    codes = form.codes(rows)
    empty_items, asked = missing_share(rows, codes)
    out = pd.DataFrame(
        {
            "n_answered": (~np.isnan(codes)).sum(axis=1),
            "missing_share": np.divide(empty_items, asked, out=np.ones(len(rows)), where=asked > 0),
            "pace": pace(rows, codes),
            "irv": irv(form.positions(codes)),
        }
    )
    when = _minutes(rows)
    parts = [
        _of_subject(rows.iloc[at].reset_index(drop=True), form, when[at], cuts, minutes).set_index(at)
        for at in rows.groupby(GROUP, sort=False).indices.values()
    ]
    return out.join(pd.concat(parts)) if parts else out.reindex(columns=[*out, *_COLUMNS])


_COLUMNS = (
    *("longest_run", "run_bits", "mahalanobis", "distance_items", "mahalanobis_p", "distance_cut"),
    *("even_odd", "blocks", "spread", "identical", "other", "burst", "burst_of"),
)


def _of_subject(
    rows: pd.DataFrame, form: Form, when: np.ndarray, cuts: Mapping[str, float], minutes: float
) -> pd.DataFrame:
    codes = form.codes(rows)
    positions = form.positions(codes)
    scale = np.unique(np.column_stack([form.low, form.high]), axis=0, return_inverse=True)[1].ravel()
    # Codes of another scale are another answer: 4 of 5 is not 4 of 10.
    comparable = (codes - form.low) / (form.high - form.low)
    bits = surprise(comparable, positions)
    run = longest_run(codes, scale, bits)
    far = mahalanobis(positions, level=cuts["mahalanobis"])
    # Less the mean of the item: one that all find harder is no contradiction.
    halves = even_odd(less_item_means(positions), form.blocks)
    told = pd.DataFrame({
        "longest_run": run.length, "run_bits": run.bits,
        "mahalanobis": far.d2, "distance_items": far.items, "mahalanobis_p": far.p, "distance_cut": far.cut,
        "even_odd": halves.consistency, "blocks": halves.blocks, "spread": halves.spread,
    })  # fmt: skip
    alone = _among_unit(
        rows, codes, np.minimum(bits.sum(axis=1), arrangement(comparable)), when, cuts, minutes
    )
    return told.assign(**alone)


def _among_unit(
    rows: pd.DataFrame,
    codes: np.ndarray,
    whole: np.ndarray,
    when: np.ndarray,
    cuts: Mapping[str, float],
    minutes: float,
) -> dict[str, np.ndarray]:
    """Most similar form and burst of every row, among the forms of its unit."""
    asked = ~np.isnan(codes).all(axis=0)
    share, other = np.full(len(rows), np.nan), np.full(len(rows), -1)
    size, of = np.zeros(len(rows)), np.zeros(len(rows))
    numbers = rows["row"].to_numpy()
    who = rows["respondent"].str.strip().to_numpy(dtype=object)
    for at in rows.groupby("unit", sort=False).indices.values():
        own = codes[at][:, asked]
        alike = near_duplicates(own, whole[at], who[at], cut=cuts["near_duplicate"])
        share[at], other[at] = alike.share, np.where(alike.other >= 0, numbers[at][alike.other], -1)
        found = bursts(own, when[at], codes[:, asked], least=cuts["burst"], minutes=minutes)
        size[at], of[at] = found.size, found.of
    return {"identical": share, "other": other, "burst": size, "burst_of": of}


def _minutes(rows: pd.DataFrame) -> np.ndarray:
    """Minutes of the start of each form, of its end where no start is known; NaN without a time of day."""
    when = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns, UTC]")
    for stamp in STAMPS:
        if stamp in rows:
            text = rows[stamp].where(rows[stamp] != "", None)
            when = when.fillna(pd.to_datetime(text, errors="coerce", format="mixed", utc=True))
    minutes = (when - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=float) / 60
    # Days without a time would put a whole day into one window.
    return minutes if (minutes % (24 * 60) > 0).any() else np.full(len(rows), np.nan)


def table(rows: pd.DataFrame, measured: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Table "response_indices": the indices of every returned questionnaire, one row each."""
    shown = measured[[*INDICES]].set_axis(rows.index)
    marks = flags.groupby(ROW).size().rename("n_marks").reset_index()
    whole = pd.concat([rows[[*ROW, "unit", "subject"]], shown], axis=1).merge(marks, on=ROW, how="left")
    return checked("response_indices", whole.fillna({"n_marks": 0}))
