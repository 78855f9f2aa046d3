"""评价方案.xlsx and the YAML files say the same: this package turns one into the other."""

from svclib.workbook.book import Book
from svclib.workbook.read import read
from svclib.workbook.write import write

__all__ = ["Book", "read", "write"]
