"""Step 60: targets in force, held against this cycle, and proposals for the next one."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping

import pandas as pd

from svclib import targets
from svclib.columns import empty
from svclib.cycle.grading import aims_of, sides
from svclib.cycle.state import State
from svclib.levers import levers
from svclib.params import Period
from svclib.targets import Aims


def in_force(state: State, weights: pd.DataFrame) -> Aims:
    """Targets of every unit of the current cycle, each side under its own rules."""
    known = (aims_of(state, side, state.cycle) for side in sides(state, weights, state.cycle))
    return {key: aim for aims in known for key, aim in aims.items()}


def proposals(state: State, tables: Mapping[str, pd.DataFrame], judged: pd.DataFrame) -> pd.DataFrame:
    """Table "target_proposals" of the next cycle; none after an ad-hoc one, which has no next.

    gain is what the total would win if this target alone were reached, against this cycle's score.
    """
    if state.params.kind == "ad_hoc":
        return empty("target_proposals")

    def now(name: str) -> pd.DataFrame:
        return tables[name][tables[name]["cycle"] == state.cycle]

    since, due = following(state.params.period)
    coming = targets.Next(state.inputs[state.cycle].units, since, due, state.params.confidence)
    found = targets.propose(now("indicator_scores"), judged, now("changes"), state.framework, coming)
    asked = found.assign(target=found["proposed"], status="missed")
    won = levers(now("contributions"), asked, now("grades"), state.framework)
    gain = won.set_index(["unit", "indicator"])["gain"]
    own = pd.MultiIndex.from_frame(found[["unit", "indicator"]])
    return found.assign(gain=gain.reindex(own).fillna(0.0).to_numpy())


def following(period: Period | None) -> tuple[str, str]:
    """First and last day of the period after this one, "" without one.

    A period of whole months is followed by as many months, any other by as many days.
    """
    if period is None:
        return "", ""
    since = period.end + dt.timedelta(days=1)
    months = 12 * (since.year - period.start.year) + since.month - period.start.month
    if period.start.day != 1 or since.day != 1:
        return str(since), str(since + (period.end - period.start))
    year, month = divmod(since.year * 12 + since.month - 1 + months - 1, 12)
    return str(since), str(dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1]))
