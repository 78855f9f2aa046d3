"""A cycle small enough to run in seconds: params, data and four notebooks that import little."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from svclib.run.execute import Outcome, Task

UNITS = ("食堂", "甲/乙 <b>")
FRAMEWORK = """\
name: 试评
version: "1"
subjects: {客户: 1}
grades: {method: cuts, decimals: 1, rounding: half_up, min_coverage: 0.8, scale: {好: 80, 差: 0}}
dimensions:
  体验:
    weight: 1
    indicators:
      态度: {kind: rating, better: high, items: [q1], scale: [1, 5], score: {1: 20, 5: 100}, weight: 1}
"""
PARAMS = """\
name: tiny
framework: framework.yaml
cycle: 2026Q1
data: {responses: responses.csv}
languages: [zh, en]
seed: 1
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
PARAMETERS = 'params_file = "params.yaml"\nrun_dir = ""\nlanguage = "zh"\nas_of = ""\nunit = ""'
WRITE = f"""\
from pathlib import Path
import pyarrow as pa
from pyarrow import parquet
folder = Path(run_dir, "tables")
folder.mkdir(exist_ok=True)
table = pa.table({{"cycle": ["2026Q1"] * 2, "unit": {list(UNITS)!r}, "published": [81.5, float("nan")]}})
parquet.write_table(table, folder / "grades.parquet")"""
SHOW = f"""\
import sys
import nbformat
from base64 import b64decode
from IPython.display import HTML, Image, display
display(Image(b64decode("{PNG}")))
print("warned in", nbformat.__file__, file=sys.stderr)
display(HTML("<table class='svc'><tr><th>" + "很长的列名" * 30 + "</th></tr></table>"))"""
CARDS = """\
from IPython.display import HTML
HTML("<div class='cards'><div class='card'><span class='label'>等级</span>"
     "<span class='grade-chip grade-1'>好</span></div></div>")"""
TITLE = """\
import html
from IPython.display import HTML
HTML("<h1>" + html.escape(unit) + "</h1>")"""


def code(source: str, *tags: str) -> nbformat.NotebookNode:
    """Code cell with tags."""
    return new_code_cell(source, metadata={"tags": list(tags)})


def prose(source: str, *tags: str) -> nbformat.NotebookNode:
    """Markdown cell with tags."""
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def notebook(path: Path, *cells: nbformat.NotebookNode) -> Path:
    """Write a notebook that starts with the usual parameter cell."""
    book = new_notebook(cells=[code(PARAMETERS, "parameters"), *cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


def write(folder: Path) -> Path:
    """Write the cycle into `folder`; return its params file.  Notebooks are in `folder`/notebooks."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "framework.yaml").write_text(FRAMEWORK, encoding="utf-8")
    (folder / "params.yaml").write_text(PARAMS, encoding="utf-8")
    rows = [f"{i},{UNITS[i % 2]},电话,{1 + i % 5}" for i in range(20)]
    (folder / "responses.csv").write_text(
        "\n".join(["受访者编号,部门,渠道,q1", *rows]) + "\n", encoding="utf-8"
    )
    books = folder / "notebooks"
    notebook(
        books / "10_data_quality.ipynb",
        prose("# 数据质量", "zh"), prose("# Data quality", "en"),
        prose("## 表格\n\n见 [标准](https://example.org/std)。", "zh"), prose("## Tables", "en"),
        code(WRITE), code(SHOW), code("print('gold')", "nbval-check-output"), code("'away'", "remove-output"),
        prose("## 图形", "zh"), prose("### 细节", "zh"),
    )  # fmt: skip
    notebook(books / "40_scores_grades.ipynb", prose("# 得分 Scores"), code("assert run_dir"))
    notebook(
        books / "90_report.ipynb",
        prose("# 评价报告", "zh"), prose("# Evaluation report", "en"), code(CARDS), prose("## 决定", "zh"),
    )  # fmt: skip
    notebook(books / "91_unit_report.ipynb", code(TITLE), code("print(language)", "provenance"))
    return folder / "params.yaml"


def executed(task: Task) -> Outcome:
    """Cells of a notebook executed here and now, without a kernel and without outputs."""
    book, names, failure = nbformat.read(task.notebook, as_version=4), dict(task.parameters), ""
    task.output.parent.mkdir(parents=True, exist_ok=True)
    try:
        for cell in book.cells:
            if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                exec(cell.source, names)  # cells of tests
    except AssertionError as error:
        failure = f"{task.label}: {error}"
    nbformat.write(book, task.output)
    return Outcome(task, 0.0, failure)
