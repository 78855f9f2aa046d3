"""One glossary of every returned column and one inventory of every result table.

A column that is not in `GLOSSARY`, or a table that is not in `TABLES`, cannot be
written or read: `checked` refuses it.  Result tables are unrounded, one question per
row, sorted by their key.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib.columns.glossary import GLOSSARY
from svclib.columns.inventory import TABLES, Table
from svclib.columns.kinds import Column
from svclib.errors import DataError

__all__ = ["GLOSSARY", "TABLES", "Column", "Table", "checked", "empty", "header", "sort_by_key"]


def sort_by_key(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of table `name` in key order, columns in inventory order."""
    entry = TABLES[name]
    return frame[list(entry.all_columns)].sort_values(list(entry.key), kind="stable", ignore_index=True)


def checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` typed, ordered and proven against the inventory entry `name`.

    Raises
    ------
    DataError
        Unknown table, missing or unknown columns, a value of the wrong type, an empty
        cell where none is allowed, or two rows with the same key.
    """
    if name not in TABLES:
        raise DataError(f"table {name!r} is not in the inventory; known: {sorted(TABLES)}")
    entry = TABLES[name]
    wanted, found = set(entry.all_columns), set(frame.columns)
    if wanted != found:
        missing, unknown = sorted(wanted - found), sorted(found - wanted)
        raise DataError(f"table {name!r}: missing columns {missing}, unknown {unknown}")
    typed = pd.DataFrame({c: _typed(name, c, frame[c]) for c in entry.all_columns})
    twice = typed.duplicated(list(entry.key))
    if twice.any():
        key = typed.loc[twice, list(entry.key)].iloc[0].to_dict()
        raise DataError(f"table {name!r}: {int(twice.sum())} rows repeat a key, first {key}")
    return typed.sort_values(list(entry.key), kind="stable", ignore_index=True)


_STORAGE: dict[str, Any] = {"float": "float64", "int": "int64", "bool": "bool", "str": "str"}


def _typed(table: str, column: str, values: pd.Series) -> pd.Series:
    spec = GLOSSARY[column]
    if not spec.nullable and values.isna().any():
        raise DataError(f"table {table!r}: column {column!r} has {int(values.isna().sum())} empty cells")
    if spec.dtype == "str" and len(values) and not values.map(lambda v: isinstance(v, str)).all():
        raise DataError(f"table {table!r}: column {column!r} must hold text, found {values.dtype}")
    try:
        return values.astype(_STORAGE[spec.dtype]).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise DataError(f"table {table!r}: column {column!r} is not {spec.dtype}: {error}") from error


def empty(name: str) -> pd.DataFrame:
    """A table of the inventory with no rows and the declared types."""
    columns = TABLES[name].all_columns
    return pd.DataFrame({c: pd.Series(dtype=_STORAGE[GLOSSARY[c].dtype]) for c in columns})


def header(column: str, lang: str) -> str:
    """Header of a glossary column in `lang` ("zh" or "en")."""
    return GLOSSARY[column].zh if lang == "zh" else GLOSSARY[column].en
