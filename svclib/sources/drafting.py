"""A first guess which column of a file is which: for a person to check, never applied."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from svclib.framework import Framework
from svclib.sources import answers, headers

LEAST = 0.6
_LEAD = re.compile(r"^\s*(?:[Qq]?\d+(?:[.．_-]\d+)*)?[、.．:：)）\s]*")


def draft_mapping(
    written: Sequence[str], framework: Framework, *, titles: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """One row per header of a file: the closest column or item, and how close it is.

    `titles` says what a header is called besides: the labels of SPSS variables.

    Columns
    -------
    header, title (where there are titles), suggestion ("" where nothing is close), similarity (0-1).
    """
    called = titles or {}
    known = {headers.plain(n): c for c in (*answers.OPTIONAL, "unit") for n in headers.names_of(c)}
    known |= {headers.plain(item): item for item in (*framework.items, *framework.expectations)}
    # The last word of a matrix header often is the indicator, whose items follow one another.
    named = {headers.plain(i.name): i.items[0] for i in framework.indicators if i.items}
    rows = []
    for header in written:
        parts = _parts(header) | _parts(called.get(header, ""))
        best = max(
            (
                (difflib.SequenceMatcher(None, part, name).ratio(), column)
                for part in parts
                for name, column in (known | named).items()
            ),
            default=(0.0, ""),
        )
        close = best[0] >= LEAST
        title = {"title": called.get(header, "")} if called else {}
        found = {"suggestion": best[1] if close else "", "similarity": round(best[0], 2)}
        rows.append({"header": header} | title | found)
    names = ["header", *(["title"] if called else []), "suggestion", "similarity"]
    return pd.DataFrame(rows, columns=names)


def _parts(header: str) -> set[str]:
    """A header as compared: whole, without its number, and the last of its parts."""
    text = headers.plain(_LEAD.sub("", header)) or headers.plain(header)
    return {headers.plain(header), text, re.split(r"[—–\-:：]+", text)[-1]}
