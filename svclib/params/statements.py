"""Whether a text is one query that only reads, as far as its words tell.

A guard against accidents, not against an enemy: the connection is opened read only besides, and
the account in the address should be one that may only read.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from svclib.framework.scoring import refuse

# Texts, quoted names and comments, in which no word is a command.
_OPAQUE = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | --[^\n]* | /\*.*?\*/
    | (?P<mark>\$[A-Za-z_]*\$).*?(?P=mark)""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"[^\W\d]\w*|[();]")
READS = ("SELECT", "WITH")
# What changes data or definitions although the statement begins as a query does.
WRITES = (
    *("INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "TRUNCATE", "DROP", "ALTER", "CREATE"),
    *("GRANT", "REVOKE", "EXEC", "EXECUTE"),
)
_ONE = "Write one SELECT, or WITH … SELECT."


def _words(text: str) -> list[str]:
    """Words outside quotes and comments, brackets and semicolons, in capitals."""
    return _WORD.findall(_OPAQUE.sub(" ", text).upper())


def single_query(value: Any) -> Any:
    """The statement without its last semicolon.

    Raises
    ------
    PydanticCustomError
        Not a text, several statements, not a query, or a query that writes.
    """
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"found {value!r}", "Write the query as text.")
    text = value.strip()
    words = _words(text)
    while words and words[-1] == ";":
        words.pop()
    if ";" in words:
        raise refuse("more than one statement", _ONE)
    first = next((word for word in words if word != "("), "")
    if first not in READS:
        raise refuse(f"a statement that begins with {first!r}", _ONE)
    for word in words:
        if word in WRITES:
            told = f"the query holds {word}, and sources are only read"
            raise refuse(told, f'{_ONE} Quote a name that is meant: "{word.lower()}".')
    return re.sub(r"[;\s]+\Z", "", text)


def ordered(text: str) -> bool:
    """Whether the statement as a whole says in which order its rows come."""
    depth, before = 0, ""
    for word in _words(text):
        if depth == 0 and (before, word) == ("ORDER", "BY"):
            return True
        depth += {"(": 1, ")": -1}.get(word, 0)
        before = word
    return False


Query = Annotated[str, BeforeValidator(single_query)]
