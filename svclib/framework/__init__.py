"""The indicator system: read from YAML, checked as a whole, frozen.

`load`, `parse` and `from_dict` return a `Framework` or raise one `InputErrors` that lists
everything wrong at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from svclib.errors import InputErrors, Problem
from svclib.framework import checks, yamlfile
from svclib.framework.models import Dimension, Framework, Indicator, Mid
from svclib.framework.resolve import resolve
from svclib.framework.rules import Adjustment, Adjustments, Consequences, Grades, Group, Limit, Repeated
from svclib.framework.scoring import Anchors, Condition, Steps
from svclib.framework.weighting import Method, Weighting

__all__ = [
    "Adjustment",
    "Adjustments",
    "Anchors",
    "Condition",
    "Consequences",
    "Dimension",
    "Framework",
    "Grades",
    "Group",
    "Indicator",
    "Limit",
    "Method",
    "Mid",
    "Repeated",
    "Steps",
    "Weighting",
    "examine",
    "from_dict",
    "load",
    "parse",
]


def load(path: str | Path) -> Framework:
    """Read a framework file.

    Raises
    ------
    InputErrors
        With every problem: file, line, field, what was found, remedy, nearest valid name.
    """
    return _wanted(*examine(yamlfile.read(Path(path))))


def parse(text: str, *, file: str = "framework") -> Framework:
    """Read a framework from YAML text; raises as `load`."""
    return _wanted(*examine(yamlfile.parse(text, file=file)))


def from_dict(content: dict[str, Any]) -> Framework:
    """Build a framework from the content of a YAML file; raises as `load`."""
    return _wanted(*examine(yamlfile.Document("framework", content)))


def examine(doc: yamlfile.Document) -> tuple[Framework | None, list[Problem]]:
    """The framework (None when unusable) and everything wrong with it."""
    if doc.data is None:
        return None, doc.problems
    model, dropped = yamlfile.validate(doc, Framework)
    if not isinstance(model, Framework):
        return None, doc.problems
    checks.check(model, doc, dropped)
    return (None if doc.problems else resolve(model)), doc.problems


def _wanted(framework: Framework | None, problems: list[Problem]) -> Framework:
    if framework is None:
        raise InputErrors(problems)
    return framework
