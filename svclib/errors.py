"""Errors a user can fix, each naming the file, the place, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class SvcError(ValueError):
    """Base of every error a user can fix."""


class DataError(SvcError):
    """A data file or table is wrong."""


class ParamError(SvcError):
    """A framework, a params file or an argument is wrong."""


class StepFailed(SvcError):
    """A notebook failed; nothing was published."""


class UnderWay(SvcError):
    """Another run of the same cycle is not over; nothing was written."""


class StatWarning(UserWarning):
    """The number is computed, but read it with care."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input.

    `place` is a line, a row or a cell ("line 12", "row 14", "指标体系!C5"); `field` the
    column or key; `found` what stands there; `remedy` what to do; `nearest` the closest
    valid name, or "".
    """

    file: str
    place: str
    field: str
    found: str
    remedy: str
    nearest: str = ""

    def __str__(self) -> str:
        hint = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        where = ", ".join(part for part in (self.file, self.place, self.field) if part)
        return f"{where}: {self.found}. {self.remedy}{hint}"


class InputErrors(SvcError):
    """Everything wrong with the input, at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {i}. {p}" for i, p in enumerate(self.problems, 1))
        super().__init__(f"{len(self.problems)} problem(s) in the input:\n{lines}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The closest of `known` to `name`, or "" when nothing is close.

    In a name of two or three characters, as Chinese names are, one slip is close.
    """
    cutoff = 0.6 if len(str(name)) > 3 else 0.5
    found = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=cutoff)
    return found[0] if found else ""
