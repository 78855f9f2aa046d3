"""Secrets by reference: a params file names the environment variable, never the value.

A value is looked up where it is used, in the process that reads the data, and stands in no model,
so that no repr, params.lock, manifest or notebook can hold it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator

from svclib.errors import ParamError
from svclib.framework.scoring import Frozen, refuse

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Shorter texts occur by chance in any report.
SHORTEST = 4


class SecretRef(Frozen):
    """Name of the environment variable that holds a secret."""

    env: str


def _reference(value: Any) -> Any:
    """A reference as written; what stands there instead is not repeated, it may be the secret."""
    if isinstance(value, SecretRef):
        return value
    remedy = "Write {env: NAME}, and set the variable NAME where svclib runs."
    if not isinstance(value, dict) or set(value) != {"env"}:
        raise refuse("a secret stands in the file, or something else than {env: NAME}", remedy)
    if not isinstance(value["env"], str) or not _NAME.fullmatch(value["env"]):
        raise refuse("env does not name an environment variable", remedy)
    return value


Secret = Annotated[SecretRef, BeforeValidator(_reference)]


def resolve(ref: SecretRef) -> str:
    """Value of a secret, from the environment of this process.

    Raises
    ------
    ParamError
        The variable is not set, or empty.
    """
    value = os.environ.get(ref.env, "")
    if not value:
        raise ParamError(
            f"environment variable {ref.env!r} is not set. Set it where svclib runs, in the service or "
            "schedule that starts it."
        )
    return value


def masked(text: str, refs: Iterable[SecretRef]) -> str:
    """`text` with every trace of these secrets replaced by {env: NAME}, for messages of other libraries."""
    for ref in refs:
        for part in traces(os.environ.get(ref.env, "")):
            text = text.replace(part, f"{{env: {ref.env}}}")
    return text


def traces(value: str) -> list[str]:
    """What would give a secret away, longest first: the value, and of a URL the password as well.

    Texts of fewer than four characters are left out.
    """
    try:
        parts = urlsplit(value)
        password = parts.password or ""
        login = parts.netloc.rpartition("@")[0]
    except ValueError:  # not a URL
        password = login = ""
    found = {value, unquote(value), login, password, unquote(password)}
    return sorted((text for text in found if len(text) >= SHORTEST), key=lambda t: (-len(t), t))


def references(settings: Any) -> list[SecretRef]:
    """Every reference in parameters, or in what a params.lock says, by name; each once."""
    found: set[str] = set()
    _collect(settings, found)
    return [SecretRef(env=name) for name in sorted(found)]


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, SecretRef):
        found.add(value.env)
    elif isinstance(value, dict):
        if set(value) == {"env"} and isinstance(value["env"], str):
            found.add(value["env"])
        for entry in value.values():
            _collect(entry, found)
    elif isinstance(value, list | tuple):
        for entry in value:
            _collect(entry, found)
    elif isinstance(value, Frozen):
        _collect(dict(value), found)
