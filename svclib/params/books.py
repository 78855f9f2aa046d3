"""The sheets of one data workbook as data sources, by their names."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import openpyxl

from svclib.errors import nearest
from svclib.framework.yamlfile import Document
from svclib.params.settings import DataSource
from svclib.workbook import archive
from svclib.workbook.settings import DATA

KEY = ("data", "workbook")
# Sheets that hold no data; a sheet of one's own begins with 备注.
IGNORED = ("填写说明", "数据字典")
OWN = "备注"


def sources(path: Path, doc: Document) -> dict[str, DataSource]:
    """One source per sheet with rows; unknown sheets and an unreadable file become problems.

    A sheet bears the Chinese name of its source, or the source's own.
    """
    try:
        content = path.read_bytes()
        swollen = archive.swollen(content)
        if swollen:
            doc.add(KEY, f"{path.name} {swollen}", archive.REMEDY)
            return {}
        with warnings.catch_warnings():
            # openpyxl warns of drop-down lists it does not keep; no value is affected.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except OSError as error:
        beside = [p.name for p in path.parent.glob("*.xlsx")] if path.parent.is_dir() else []
        doc.add(
            KEY, f"cannot read {path.name}: {error.strerror}", "Check the path.", nearest(path.name, beside)
        )
        return {}
    except (zipfile.BadZipFile, KeyError, ValueError):
        doc.add(KEY, f"{path.name} is not an xlsx workbook", "Save it as .xlsx, without a password.")
        return {}
    known = {zh: name for name, zh in DATA.items()} | {name: name for name in DATA}
    found: dict[str, DataSource] = {}
    for page in book.worksheets:
        title = page.title
        if title in IGNORED or title.startswith(OWN):
            continue
        if title not in known:
            remedy = f"Name it {', '.join(DATA.values())}, or begin its name with {OWN}."
            doc.add(KEY, f"{path.name}: unknown sheet {title!r}", remedy, nearest(title, known))
        elif _filled(page):
            found[known[title]] = DataSource(path=path, sheet=title)
    book.close()
    return found


def _filled(page: object) -> bool:
    """Whether anything stands below the header row."""
    rows = page.iter_rows(min_row=2, values_only=True)  # type: ignore[attr-defined]
    return any(value is not None and str(value).strip() for row in rows for value in row)
