"""Results of the units below each parent (上级部门): counted and averaged, never weighted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib.columns import empty, sort_by_key


def roll_up(grades: pd.DataFrame, above: Mapping[str, str], *, cycle: str) -> dict[str, pd.DataFrame]:
    """Tables "parents" and "parent_grades": one row per parent, and one per parent and grade given.

    A unit counts for its parent, for the parent of that, and so on.  plain_mean, lowest and
    highest are of the published scores of graded units, each counting once whatever its size;
    NaN where no unit is graded.

    Parameters
    ----------
    grades : table "grades" of one cycle
    above : parent of each unit and of each parent; empty where nobody has one
    """
    below = [
        {"cycle": cycle, "parent": parent, **row}
        for row in grades[["unit", "grade", "status", "published"]].to_dict("records")
        for parent in chain(str(row["unit"]), above)
    ]
    if not below:
        return {"parents": empty("parents"), "parent_grades": empty("parent_grades")}
    rows = pd.DataFrame(below)
    graded = rows["status"] == "graded"
    rows["published"] = rows["published"].where(graded)
    found = rows.assign(graded=graded).groupby(["cycle", "parent"]).agg(
        n_units=("unit", "size"), n_graded=("graded", "sum"), plain_mean=("published", "mean"),
        lowest=("published", "min"), highest=("published", "max"),
    ).reset_index()  # fmt: skip
    counts = rows[graded].groupby(["cycle", "parent", "grade"]).size().rename("n_units").reset_index()
    return {
        "parents": sort_by_key("parents", found),
        "parent_grades": sort_by_key("parent_grades", counts) if len(counts) else empty("parent_grades"),
    }


def chain(unit: str, above: Mapping[str, str]) -> list[str]:
    """The bodies above a unit, nearest first."""
    found: list[str] = []
    while (unit := above.get(unit, "")) and unit not in found:
        found.append(unit)
    return found
