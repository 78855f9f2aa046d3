"""SPSS files (.sav) to text cells: codes with what they stand for, labels of variables, no user-missing."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pandas as pd

from svclib.sources.cells import Cells, cell_text, numbered, unreadable

# Encodings tried where the one the file names does not fit: files of older Chinese installations.
_OTHERS = ("GB18030",)


def read(file: str, content: bytes) -> Cells:
    """Cells of an SPSS file; cases are numbered from 1, as SPSS numbers them.

    Values a variable declares as user-missing are empty.  Codes stay codes: `meanings` gives
    their labels, `titles` the labels of the variables.

    Raises
    ------
    UnreadableError
        Package pyreadstat is not installed, or the file is none of SPSS.
    """
    try:
        import pyreadstat
    except ImportError as error:
        told = "package pyreadstat, which reads SPSS files, is not installed"
        raise unreadable(file, told, "Install it: pip install pyreadstat.") from error
    frame, about = _opened(pyreadstat, file, content)
    headers = tuple(str(name) for name in about.column_names)
    body = pd.DataFrame({k: frame[name].map(cell_text) for k, name in enumerate(headers)}, dtype=str)
    titles = {h: t.strip() for h, t in zip(headers, about.column_labels, strict=True) if t and t.strip()}
    meanings = {
        name: {cell_text(code): text.strip() for code, text in labels.items()}
        for name, labels in about.variable_value_labels.items()
    }
    rows = numbered(len(body), headed=False)
    digest = hashlib.sha256(content).hexdigest()
    return Cells(file, "", headers, body, rows, digest, headed=False, titles=titles, meanings=meanings)


def _opened(reader: Any, file: str, content: bytes) -> tuple[pd.DataFrame, Any]:
    failures: list[Exception] = []
    for encoding in (None, *_OTHERS):
        try:
            return reader.read_sav(io.BytesIO(content), encoding=encoding)
        except (reader.ReadstatError, reader.PyreadstatError, ValueError, OverflowError) as error:
            failures.append(error)
    remedy = "Save it again as .sav, or export it as CSV UTF-8."
    raise unreadable(file, f"not a readable SPSS file: {failures[0]}", remedy) from failures[0]
