"""Open comments coded by the analyst's own keywords; quotes only where many said the same."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from svclib.columns import empty, sort_by_key
from svclib.complaints import ALL_UNITS, pareto

UNCODED = ""
QUOTES, LONGEST = 3, 60
# Telephone and card numbers, ids, addresses: whatever could name a person.
_PRIVATE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?<!\d)(?!\d{4}-\d\d?-\d\d?(?!\d))\d[\d -]{4,}[\dXx]")


def code(
    responses: pd.DataFrame, keywords: pd.DataFrame | None, *, min_cell: int, cycle: str
) -> dict[str, pd.DataFrame]:
    """Tables coded_comments (private), concerns and quotes.

    A comment belongs to every category one of whose keywords it contains (full width and
    case do not matter); one without any is counted as category "".  n counts comments;
    share is among all codings of the unit, so that shares add to 1.  Quotes, at most three
    per category by row, are shown only where the unit has at least `min_cell` comments in
    the category; numbers of six digits and more and addresses are masked.

    Parameters
    ----------
    responses : answers that count, with column comment
    keywords : category, keyword; None leaves every comment uncoded
    """
    said = responses[responses["comment"].str.strip() != ""]
    rows = [
        {"cycle": cycle, "source": r["source"], "row": r["row"], "unit": r["unit"], "category": category,
         "quote": masked(r["comment"])}
        for r in said.to_dict("records")
        for category in categories(r["comment"], keywords)
    ]  # fmt: skip
    if not rows:
        return {name: empty(name) for name in ("coded_comments", "concerns", "quotes")}
    coded = pd.DataFrame(rows)
    every = pd.concat([coded.assign(unit=ALL_UNITS), coded], ignore_index=True)
    return {
        "coded_comments": sort_by_key("coded_comments", coded),
        "concerns": pareto(every, ["unit"], "category", cycle=cycle, table="concerns"),
        "quotes": _quotes(every, min_cell),
    }


def categories(comment: str, keywords: pd.DataFrame | None) -> list[str]:
    """Categories of one comment in alphabetical order, [""] when no keyword occurs."""
    if keywords is None:
        return [UNCODED]
    text = _plain(comment)
    pairs = zip(keywords["category"], keywords["keyword"], strict=True)
    return sorted({str(c) for c, word in pairs if _plain(str(word)) in text}) or [UNCODED]


def masked(comment: str) -> str:
    """A comment fit to be quoted: no numbers or addresses that name a person, at most 60 characters."""
    text = redacted(" ".join(comment.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def redacted(text: str) -> str:
    """A text without telephone and card numbers, ids and addresses; days stay."""
    return _PRIVATE.sub("***", text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _quotes(coded: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    keys = ["unit", "category"]
    named = coded[coded["category"] != UNCODED]
    named = named.drop_duplicates([*keys, "quote"])
    many = coded.groupby(keys)["row"].transform("size").reindex(named.index) >= min_cell
    shown = named[many].sort_values([*keys, "row"], kind="stable").groupby(keys).head(QUOTES)
    return sort_by_key("quotes", shown) if len(shown) else empty("quotes")
