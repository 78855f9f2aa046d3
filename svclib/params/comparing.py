"""How cycles are compared: what like for like holds fixed, and which units were picked for their score."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from svclib.errors import nearest
from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse
from svclib.framework.yamlfile import Document

Variable = Literal["channel", "segment"]
NOBODY = ("none", "无")
# Header of a file of margins in either language, and what it is read as.
HEADERS = {"变量": "variable", "类别": "category", "数量": "number"}
# Margins of the same people written with this relative difference are rounded, not contradictory.
ROUNDED = 1e-4


def _focus(value: Any) -> Any:
    """A share, units, or nobody; a cell of a workbook holds either as a list."""
    if value is None or value in NOBODY or value in ([NOBODY[0]], [NOBODY[1]]):
        return ()
    alone = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    if isinstance(alone, int | float) and not isinstance(alone, bool):
        if not 0 < alone <= 0.5:
            raise refuse(f"focus: {alone:g} is no share of the units up to a half", "Write such as 0.1.")
        return float(alone)
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else value


_FOCUS = {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
                    {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}  # fmt: skip
Focus = Annotated[float | tuple[str, ...], BeforeValidator(_focus), WithJsonSchema(_FOCUS)]


def _one_or_more(value: Any) -> Any:
    """None, one or several; a cell of a workbook holds them as a list."""
    if value is None or value in NOBODY or value in ([NOBODY[0]], [NOBODY[1]]):
        return ()
    return [value] if isinstance(value, str) else value


class Standardise(Frozen):
    """What is held fixed when cycles are compared like for like.

    `by` : the mix of these columns of the answers, as it was in the baseline; none switches it off
    `margins` : people of the population by column and category, or a CSV file of them; the
        answers of both cycles are then raked to the population instead
    """

    by: Annotated[tuple[Annotated[Variable, chinese(Variable)], ...], BeforeValidator(_one_or_more)] = (
        "channel",
    )
    margins: (
        Annotated[str, Field(min_length=1)]
        | dict[Annotated[Variable, chinese(Variable)], dict[str, Annotated[float, Field(gt=0)]]]
    ) = Field(default_factory=dict)

    @model_validator(mode="after")
    def _adds_up(self) -> Standardise:
        if isinstance(self.margins, Mapping):
            told = contradiction(self.margins)
            if told:
                raise refuse(told, "Give every column the same people, or shares that sum to the same.")
        return self


def contradiction(margins: Mapping[Any, Mapping[str, float]]) -> str:
    """What is wrong with the sums of margins, "" for nothing."""
    sums = {name: math.fsum(of.values()) for name, of in margins.items()}
    if not sums or max(sums.values()) - min(sums.values()) <= ROUNDED * max(sums.values()):
        return ""
    told = ", ".join(f"{name} {total:g}" for name, total in sums.items())
    return f"margins do not sum to the same: {told}"


def read(written: Standardise, doc: Document, resolve: Callable[[tuple[str, ...], str], Path]) -> Standardise:
    """The rules with the margins of their file in place of its name; what is wrong goes to `doc`."""
    if isinstance(written.margins, Mapping):
        return written
    key = ("standardise", "margins")
    path = resolve(key, written.margins)
    found = _rows(path, doc, key)
    told = contradiction(found)
    if told:
        doc.add(
            key, f"{path.name}: {told}", "Give every column the same people, or shares that sum to the same."
        )
    return written.model_copy(update={"margins": found})


def _rows(path: Path, doc: Document, key: tuple[str, ...]) -> dict[str, dict[str, float]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        beside = [p.name for p in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        doc.add(
            key, f"no CSV file {path.name!r} in UTF-8", "Name an existing file.", nearest(path.name, beside)
        )
        return {}
    found: dict[str, dict[str, float]] = {}
    names = {"渠道": "channel", "客群": "segment", "channel": "channel", "segment": "segment"}
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        cells = {
            HEADERS.get((k or "").strip(), k): (v or "").strip() for k, v in row.items() if isinstance(v, str)
        }
        variable, category, people = (cells.get(c, "") for c in ("variable", "category", "number"))
        if variable not in names or not category or not _positive(people):
            where = f"{path.name}, row {number}: {variable!r}, {category!r}, {people!r} is no margin"
            doc.add(key, where, "Write columns 变量 (渠道 or 客群), 类别 and 数量, one category a row.")
        elif category in found.setdefault(names[variable], {}):
            doc.add(key, f"{path.name}, row {number}: {category!r} is given twice", "Keep one row.")
        else:
            found[names[variable]][category] = float(people)
    return found


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False
