"""What a check found."""

from __future__ import annotations

from typing import Any, NamedTuple

OK, NOTE, ERROR = "ok", "note", "error"


class Finding(NamedTuple):
    """One line of the doctor.

    Attributes
    ----------
    check : id of the check; with the level it names the sentence in words/<lang>.toml [doctor]
    level : "ok", "note" (worth a look) or "error"
    facts : what the sentence is filled with
    """

    check: str
    level: str
    facts: dict[str, Any]


def found(check: str, level: str, **facts: Any) -> Finding:
    """A finding with its facts."""
    return Finding(check, level, facts)
