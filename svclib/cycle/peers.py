"""Peer groups that the data form: units scored on as many dimensions are compared with each other."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.framework.groups import dimensions_scored, peer_group
from svclib.sources import Inputs


def grouped(inputs: Inputs, framework: Framework, cycle: str, counted: pd.DataFrame | None = None) -> Inputs:
    """Inputs whose units stand in the group of their number of dimensions, where `peers` says so.

    A dimension counts as it does for the score: what does not apply is out, what was not
    reported stays in.

    Parameters
    ----------
    counted : records of indicators that count events or inspections

    Raises
    ------
    ParamError
        The units have groups of their own as well.
    """
    if framework.peers is None:
        return inputs
    if (inputs.units["group"] != "").any():
        told = f"{cycle}: peers: {framework.peers} forms the groups, and the units have groups of their own"
        raise ParamError(f"{told}. Keep one: remove peers, or empty the column group")
    rows = inputs.kpis if counted is None else pd.concat([inputs.kpis, counted], ignore_index=True)
    rows = rows[rows["status"] == "not_applicable"]
    idle = rows.groupby("unit")["indicator"].agg(set)
    groups = [peer_group(dimensions_scored(framework, idle.get(u, set()))) for u in inputs.units["unit"]]
    return replace(inputs, units=inputs.units.assign(group=groups))
