"""Results of a query as text cells: only read, in a fixed order, and never showing the address.

Rows come in the order the query asks for; without ORDER BY they are sorted by their columns from
left to right, so that the order in which a database happens to store them cannot matter.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

import pandas as pd

from svclib.errors import ParamError, nearest
from svclib.params.secrets import SecretRef, masked, resolve
from svclib.params.statements import ordered
from svclib.sources.cells import Cells, UnreadableError, cell_text, numbered, unreadable

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

# How the plain name of a database is understood: with the driver that extra [sql] installs.
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
SECONDS = 10  # to wait for a server before it is called unreachable
_BATCH = 10_000
_MOST = 12
# At most one @, after at most one colon: any other address may be cut in the middle of its password.
_ADDRESS = re.compile(r"[^:/?#@]+://(?:[^:@/?#]*(?::[^:@/?#]*)?@)?[^@]*")
_NO_TABLE = re.compile(r"no such table: (\S+)|relation \"(.+?)\" does not exist")
_NO_COLUMN = re.compile(r"no such column: (\S+)|column \"?(.+?)\"? does not exist")
_NO_ENTRY = re.compile(r"authentication failed|access denied|role \".*\" does not exist", re.IGNORECASE)
# A bool is an int, a moment is a date; UUID has a plain text.
_KNOWN = (str, int, float, Decimal, dt.date, dt.time, dt.timedelta, UUID)


class _Place(NamedTuple):
    """Which source it is, and where its address stands: all that a message may show of it."""

    file: str
    ref: SecretRef

    def refuse(self, found: str, remedy: str, near: str = "") -> UnreadableError:
        return unreadable(self.file, found, remedy, near)

    def said(self, error: Any) -> str:
        """First line of what the driver said, without the secret."""
        return masked(str(getattr(error, "orig", None) or error), [self.ref]).strip().split("\n")[0]


def read(statement: str, ref: SecretRef, file: str) -> Cells:
    """Cells of the rows that a query gives; rows are numbered from 1, as clients of databases do.

    `sha256` is that of the content: equal rows in an equal order have an equal hash.

    Raises
    ------
    UnreadableError
        Variable not set, package not installed, database not reached, table or column not there,
        or a column of a type that is neither text nor number nor time.
    """
    place = _Place(file, ref)
    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        told = "package sqlalchemy, which reads databases, is not installed"
        raise place.refuse(told, 'Install it: pip install sqlalchemy "psycopg[binary]".') from error
    engine = _engine(place)
    try:
        with _connected(engine, place) as connection:
            headers, columns = _fetched(connection, statement)
    except SQLAlchemyError as error:  # its text may hold the address
        raise _refused(place, place.said(error), engine, statement) from None
    finally:
        engine.dispose()
    texts = [_texts(values) for values in columns]
    odd = [f"{h} ({kind})" for h, kind in zip(headers, texts, strict=True) if isinstance(kind, str)]
    if odd:
        told = f"neither text nor number nor time in column {', '.join(odd)}"
        raise place.refuse(told, "Leave it out, or turn it into text in the query: CAST(… AS text).")
    body = pd.DataFrame(dict(enumerate(texts)), dtype=str)
    if not ordered(statement):
        body = body.sort_values(list(body.columns), kind="stable", ignore_index=True)
    rows = numbered(len(body), headed=False)
    return Cells(file, "", headers, body, rows, _hash(headers, body), headed=False)


def _hash(headers: Sequence[str], body: pd.DataFrame) -> str:
    total = hashlib.sha256()
    for part in (list(headers), *(body[k].tolist() for k in body.columns)):
        total.update(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return total.hexdigest()


def _url(place: _Place) -> URL:
    """The address, taken apart."""
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError

    try:
        address = resolve(place.ref)
        url = sqlalchemy.make_url(address) if _readable(address) else None
    except ParamError as error:
        told = f"environment variable {place.ref.env!r} is not set"
        remedy = "Set it to the address of the database where svclib runs."
        raise place.refuse(told, remedy, nearest(place.ref.env, os.environ)) from error
    except (ArgumentError, ValueError):  # both repeat the address
        url = None
    if url is None:
        where = f"Correct environment variable {place.ref.env}"
        remedy = (
            f"{where}: postgresql://user:password@host/database; in a password write %40 for @, %2F for /."
        )
        raise place.refuse("the address of the database is not readable", remedy) from None
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _engine(place: _Place) -> Engine:
    """An engine for the address, which is not reached yet."""
    import sqlalchemy
    from sqlalchemy.exc import NoSuchModuleError

    url = _url(place)
    own: dict[str, Any] = {"creator": _opened(url, place)} if url.get_backend_name() == "sqlite" else {}
    if url.drivername.endswith("+psycopg") and "connect_timeout" not in url.query:
        own["connect_args"] = {"connect_timeout": SECONDS}
    try:
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, **own)
    except NoSuchModuleError:
        remedy = f"Correct environment variable {place.ref.env}."
        raise place.refuse(f"databases of type {url.drivername} are not known", remedy) from None
    except ImportError as error:
        told = f"the driver of the database is not installed: {error}"
        raise place.refuse(told, "Install it with pip.") from error


def _readable(address: str) -> bool:
    return address.startswith("sqlite") or _ADDRESS.fullmatch(address) is not None


def _opened(url: URL, place: _Place) -> partial[sqlite3.Connection]:
    """How an SQLite file is opened: read only, and not made where there is none."""
    path = Path(url.database or "")
    remedy = f"Correct environment variable {place.ref.env}: sqlite:////folder/file.db."
    if not path.is_absolute():
        raise place.refuse("the address of an SQLite file is not absolute", remedy)
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*.*")) if path.parent.is_dir() else []
        raise place.refuse(f"no database file {path.name!r}", remedy, nearest(path.name, beside))
    return partial(sqlite3.connect, f"file:{quote(str(path))}?mode=ro", uri=True, timeout=SECONDS)


@contextmanager
def _connected(engine: Engine, place: _Place) -> Generator[Connection]:
    """A connection whose transaction is never committed, and reads only where the database can hold it to."""
    from sqlalchemy.exc import DBAPIError

    try:
        connection = engine.connect()
    except DBAPIError as error:  # its text may hold the address
        said = place.said(error)
        wrong = "the database refuses the user or the password" if _NO_ENTRY.search(said) else ""
        told = f"{wrong or 'the database cannot be reached'}: {said}"
        remedy = f"Check the address in environment variable {place.ref.env}, and that the database runs."
        raise place.refuse(told, remedy) from None
    with connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)
        yield connection


def _fetched(connection: Connection, statement: str) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Headers, and the values of each column, taken in batches."""
    plain = connection.execution_options(stream_results=True, no_parameters=True)
    result = plain.exec_driver_sql(statement)
    headers = tuple(str(name).strip() for name in result.keys())  # noqa: SIM118 - not a mapping
    columns: list[list[Any]] = [[] for _ in headers]
    for batch in result.partitions(_BATCH):
        for column, values in zip(columns, zip(*batch, strict=True), strict=True):
            column.extend(values)
    return headers, columns


def _texts(values: Sequence[Any]) -> list[str] | str:
    """Values as text cells, or the name of the type that has no text."""
    odd = (type(v).__name__ for v in values if v is not None and not isinstance(v, _KNOWN))
    return next(odd, None) or [_text(value) for value in values]


def _text(value: Any) -> str:
    """Text of one value: spans in seconds, times with a zone as the clock of the database shows them."""
    if isinstance(value, Decimal):
        text = "" if value.is_nan() else f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, dt.timedelta):
        return cell_text(value.total_seconds())
    if isinstance(value, dt.datetime):
        return cell_text(value.replace(tzinfo=None))
    return cell_text(value)


def _refused(place: _Place, said: str, engine: Engine, statement: str) -> UnreadableError:
    """Why a query cannot be run, with the closest name of what is there."""
    table, column = _NO_TABLE.search(said), _NO_COLUMN.search(said)
    match = table or column
    if match is None:
        return place.refuse(f"the database refuses the query: {said}", "Correct sql: in the params.")
    name = next(filter(None, match.groups()))
    names = _names(engine, statement, columns=table is None)
    told = f"no table {name!r} in the database" if table else f"no column {name!r} in the tables queried"
    remedy = f"Correct sql: in the params. There is {', '.join(names[:_MOST]) or 'none'}."
    return place.refuse(told, remedy, nearest(name.rpartition(".")[2], names))


def _names(engine: Engine, statement: str, *, columns: bool) -> list[str]:
    """Tables and views of the database, or the columns of those the statement names."""
    import sqlalchemy

    found = sqlalchemy.inspect(engine)
    tables = sorted([*found.get_table_names(), *found.get_view_names()])
    if not columns:
        return tables
    used = [table for table in tables if table.casefold() in statement.casefold()]
    return list(dict.fromkeys(str(c["name"]) for table in used for c in found.get_columns(table)))
