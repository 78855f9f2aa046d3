"""Table "invariance" of a framework, and the gate that improvement obeys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib import factor, policy
from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.invariance.ladder import FAIL, NOT_TESTABLE, PASS, ladder

if TYPE_CHECKING:
    from svclib.framework import Framework

BY = ("cycle", "channel")
PSUS = ("respondent", "cluster")
GATED = ("configural", "metric", "scalar")


def by_framework(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    cycles: Sequence[str],
    by: str = "cycle",
    missing: str = "listwise",
    panel: bool = False,
) -> pd.DataFrame:
    """Table "invariance" per evaluator and dimension.

    Parameters
    ----------
    responses : DataFrame
        Valid responses, reverse items recoded.
    cycles : the baseline and the current cycle; the current one alone for by="channel"
    by : "cycle" compares the two cycles, "channel" the channels of the current one. Channels
        with fewer answers than the policy asks for are left out and named in the note; an
        evaluator with a single channel has no row.
    missing : as for `factor.moments`
    panel : the same people answered in both cycles: the test treats them as independent,
        and the rows say so
    """
    if by not in BY:
        raise ParamError(f"by={by!r}; choose one of {list(BY)}")
    here = responses[responses["cycle"].isin(cycles if by == "cycle" else cycles[-1:])]
    found = [empty("invariance")]
    for subject, dimension, rows, items in _scales(here, framework):
        if by == "channel" and rows["channel"].nunique() < 2:
            continue
        groups, note = _groups(rows, items, by, list(cycles), missing)
        table = ladder(groups)
        notes = [note, "panel_overlap" if panel and by == "cycle" else ""]
        table["note"] = [";".join(n for n in (own, *notes) if n) for own in table["note"]]
        found.append(table.assign(cycle=cycles[-1], subject=subject, dimension=dimension, by=by,
                                  baseline=cycles[0] if by == "cycle" else ""))  # fmt: skip
    return checked("invariance", pd.concat(found, ignore_index=True))


def _scales(
    responses: pd.DataFrame, framework: Framework
) -> Iterator[tuple[str, str, pd.DataFrame, list[str]]]:
    """Evaluator, dimension, its rows, and its items in order."""
    for subject, rows in responses.groupby("subject", sort=True):
        for dimension in framework.dimensions:
            asked = [i for i in dimension.indicators if subject in i.subjects]
            items = list(dict.fromkeys(item for indicator in asked for item in indicator.items))
            if items:
                yield str(subject), dimension.name, rows, items


def _groups(
    rows: pd.DataFrame, items: list[str], by: str, order: list[str], missing: str
) -> tuple[list[factor.Moments], str]:
    """Moments of every group with enough answers, and which ones were left out."""
    names = order if by == "cycle" else sorted(set(rows["channel"]) - {""})
    parts = {name: rows[rows[by] == name] for name in names}
    asked = [i for i in items if all(part[i].notna().any() for part in parts.values() if len(part))]
    least = policy.rule("invariance_n").cuts[0].at
    found = {name: _moments(part, asked, missing) for name, part in parts.items() if asked and len(part)}
    if by == "cycle":
        return list(found.values()), _note("unanswered_item", set(items) - set(asked))
    small = {name for name, one in found.items() if one.n < least}
    return [one for name, one in found.items() if name not in small], _note("left_out", small)


def _note(name: str, of: set[str]) -> str:
    return f"{name}:{','.join(sorted(of))}" if of else ""


def _moments(rows: pd.DataFrame, items: list[str], missing: str) -> factor.Moments:
    psu = "cluster" if (rows["cluster"] != "").any() else "respondent"
    own = [f"row {i}" for i in range(len(rows))]
    unit = (rows[psu] != "").to_numpy()
    named = np.where(unit, "id " + rows[psu].to_numpy(dtype=object), own)
    layer = rows["stratum"].to_numpy() if (rows["stratum"] != "").any() else None
    drawn = factor.sample(rows[items], weights=rows["weight"].to_numpy(float), cluster=named, strata=layer)
    return factor.moments(drawn, missing=missing)


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Whether scores of the two cycles may be compared, per evaluator and dimension.

    Returns
    -------
    DataFrame
        cycle, subject, dimension, invariance: fail where loadings or intercepts differ, pass where
        both hold in a model that describes the items, else not_testable.
    """
    keys = ["cycle", "subject", "dimension"]
    asked = table[(table["by"] == "cycle") & table["level"].isin(GATED)]
    rows = [(*key, _worst(part["judgement"])) for key, part in asked.groupby(keys, sort=False)]
    return pd.DataFrame(rows, columns=[*keys, "invariance"])


def gate(table: pd.DataFrame) -> pd.DataFrame:
    """The worst of the `verdicts` of all evaluators, per dimension: dimension, verdict."""
    found = verdicts(table).groupby("dimension", sort=False)["invariance"]
    return pd.DataFrame([(name, _worst(said)) for name, said in found], columns=["dimension", "verdict"])


def _worst(said: pd.Series) -> str:
    return FAIL if FAIL in set(said) else PASS if set(said) == {PASS} else NOT_TESTABLE
