"""What an entry of the catalog is made of, and the columns that several sheets share."""

from __future__ import annotations

from typing import Literal, NamedTuple

# text; number; count (whole, not below 0); day; moment (day with or without a time); yes (是/否);
# choice (an optional one left empty is its first); choice? (may stay empty); unit (of the cycle);
# unit? (of the cycle, or empty for all); units (several of the cycle, separated by ； or 、);
# indicator; node (indicator, dimension or 总分); adjustment (a matter the framework lists);
# opinion (dimension, indicator or grade).
Kind = Literal[
    "text",
    "number",
    "count",
    "day",
    "moment",
    "yes",
    "choice",
    "choice?",
    "unit",
    "unit?",
    "units",
    "indicator",
    "node",
    "adjustment",
    "opinion",
]
YES = {"是": "yes", "否": "no", "y": "yes", "n": "no", "true": "yes", "false": "no", "1": "yes", "0": "no"}


class Field(NamedTuple):
    """One column: header in Chinese, what its cells hold, whether every row needs it."""

    zh: str
    kind: Kind
    required: bool
    about: str
    about_en: str
    example: str = ""
    choices: dict[str, str] = {}  # noqa: RUF012 - a literal that nothing changes


class Sheet(NamedTuple):
    """One sheet: its name in Chinese, its unique key, its columns."""

    zh: str
    about: str
    about_en: str
    key: tuple[str, ...]
    fields: dict[str, Field]


UNIT = Field("部门", "unit", True, "被评价单位，须在单位名册中", "A unit of the units list", "配送一部")
INDICATOR = Field(
    "指标", "indicator", True, "评价方案中的指标", "An indicator of the framework", "准时送达率"
)
OWNER = Field("责任人", "text", False, "负责的人或部门", "Person or department in charge", "周远")
