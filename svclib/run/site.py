"""The reviewer's pages inside a run: notebooks, tables with their columns, methods used and sources."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from svclib.columns import GLOSSARY, TABLES, header
from svclib.deliver import sheet
from svclib.run import export, methods
from svclib.run.execute import PACKAGE_HOME
from svclib.run.export import Page
from svclib.run.export_notebook import boxed, prose
from svclib.tables.words import P_VALUES, PERCENT

FOLDER, TEXTS = "review", PACKAGE_HOME / "docs"
TEXT = {"zh": "method.zh.md", "en": "method.md"}
# What a run keeps of itself besides its tables.
RECORDS = ("manifest.json", "params.lock.yaml")
WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "index": "复核入口",
        "tables": "结果表与数据字典",
        "methods": "本次所用方法",
        "lead": "数据、方法与过程都在这里；每个公布的数都能查到它的表、列和公式。",
        "repeat": "重新计算并核对",
        "repeat_note": "在项目目录中执行；逐表比较，不一致时列出差异，退出码为3。",
        "notebooks": "笔记本",
        "notebook": "执行后的笔记本（含代码）",
        "records": "清单与参数",
        "manifest.json": "清单：输入、表、文件的校验值，版本与环境",
        "params.lock.yaml": "本次所用的全部参数和指标体系",
        "table": "表",
        "rows": "行数",
        "grain": "一行是",
        "files": "文件",
        "step": "步骤",
        "other": "其他",
        "column": "列",
        "meaning": "含义",
        "type": "类型",
        "empty": "可空",
        "yes": "是",
        "key": "主键",
        "float": "数值",
        "int": "整数",
        "bool": "是或否",
        "str": "文字",
        "share": "比例（0–1）",
        "p": "概率（0–1）",
        "tables_lead": "结果表不作修约，按主键排序；CSV可用Excel打开，Parquet保留类型。涉及个人的表不对外。",
        "methods_lead": "只列出本次结果表里出现的方法：所问的问题、公式、来源、本工具的选择和拒绝的情形。",
        "more": "共{n}项方法，本次用到{used}项；其余见项目中的docs/{file}。",
    },
    "en": {
        "index": "For reviewers",
        "tables": "Tables and data dictionary",
        "methods": "Methods used in this run",
        "lead": "Data, methods and working are here; every published number has its column and formula.",
        "repeat": "Compute again and compare",
        "repeat_note": "Run in the project folder; compares table by table, lists what differs, exit code 3.",
        "notebooks": "Notebooks",
        "notebook": "Executed notebook (with code)",
        "records": "Manifest and parameters",
        "manifest.json": "Manifest: hashes of inputs, tables and files; versions and environment",
        "params.lock.yaml": "All parameters and the indicator system of this run",
        "table": "Table",
        "rows": "Rows",
        "grain": "One row is",
        "files": "Files",
        "step": "Step",
        "other": "Other",
        "column": "Column",
        "meaning": "Meaning",
        "type": "Type",
        "empty": "May be empty",
        "yes": "yes",
        "key": "key",
        "float": "number",
        "int": "whole number",
        "bool": "yes or no",
        "str": "text",
        "share": "share (0–1)",
        "p": "probability (0–1)",
        "tables_lead": "Result tables are unrounded and sorted by key; CSV opens in Excel, Parquet keeps "
        "the types. Tables about persons are not published.",
        "methods_lead": "Only methods that occur in the tables of this run: the question, the formula, "
        "its source, the choice made here, and what is refused.",
        "more": "{used} of {n} methods are used in this run; the others are in docs/{file} of the project.",
    },
}


def pages(run_dir: Path, made: Sequence[Page], languages: Sequence[str]) -> tuple[list[Page], list[str]]:
    """Pages of the reviewer in every language, and warnings; the public tables are written as CSV.

    Parameters
    ----------
    made : list of Page
        The pages of the notebooks, already filled: their titles are the links.
    """
    tables = {path.stem: pd.read_parquet(path) for path in sorted((run_dir / "tables").glob("*.parquet"))}
    tables = {name: frame for name, frame in tables.items() if not (name in TABLES and TABLES[name].private)}
    _as_csv(tables, run_dir / FOLDER / "tables")
    found, warnings = [], []
    for lang in languages:
        path = TEXTS / TEXT[lang]
        own = [_page("index", lang), _page("tables", lang)]
        if path.is_file():
            own.append(_page("methods", lang))
            export.fill(own[-1], _methods(path, tables, lang))
        else:
            warnings.append(f"{TEXT[lang]} is not in docs, so the page of methods is left out")
        mine = [page for page in made if page.lang == lang]
        export.fill(own[1], _filled("tables", lang, steps=_dictionary(tables, mine, lang)))
        export.fill(own[0], _filled("index", lang, **_contents(run_dir, own[1:], mine, len(tables))))
        found += own
    return found, warnings


def _page(name: str, lang: str) -> Page:
    return Page(Path(), f"{FOLDER}/{name}.{lang}.html", lang, "review", name)


def _filled(name: str, lang: str, **facts: Any) -> str:
    template = export.environment().get_template(f"review_{name}.html.j2")
    return boxed(template.render(words=WORDS[lang], **facts))


def _contents(run_dir: Path, own: Sequence[Page], made: Sequence[Page], n_tables: int) -> dict[str, Any]:
    """What the first page links to; all paths relative to it."""
    books = [(_from_here(p.target), p.title, _from_here(p.source.as_posix())) for p in made]
    lock = run_dir / "params.lock.yaml"
    facts = yaml.safe_load(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    return {
        "pages": [(posixpath.basename(page.target), page.title) for page in own],
        "books": books,
        "records": [(_from_here(name), name) for name in RECORDS],
        "n_tables": n_tables,
        "cycle": " ".join(filter(None, [facts.get("name"), facts.get("cycle")])),
    }


def _from_here(path: str) -> str:
    return posixpath.relpath(path, FOLDER)


def _as_csv(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        sheet.csv(folder / f"{name}.csv", frame)


def _dictionary(
    tables: Mapping[str, pd.DataFrame], made: Sequence[Page], lang: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The tables of each step, by the title of its notebook."""
    titles = {page.source.name[:2]: page.title for page in made if page.kind in ("analysis", "report")}
    found: dict[str, list[dict[str, Any]]] = {}
    for name, frame in sorted(tables.items(), key=lambda item: (_step(item[0]), item[0])):
        title = titles.get(_step(name), WORDS[lang]["other"])
        found.setdefault(title, []).append(_entry(name, frame, lang))
    return list(found.items())


def _step(name: str) -> str:
    return TABLES[name].step if name in TABLES else "99"


def _entry(name: str, frame: pd.DataFrame, lang: str) -> dict[str, Any]:
    key = TABLES[name].key if name in TABLES else ()
    return {
        "name": name,
        "rows": len(frame),
        "grain": " × ".join(header(column, lang) for column in key),
        "columns": [_column(str(column), lang, key=column in key) for column in frame if column in GLOSSARY],
    }


def _column(name: str, lang: str, *, key: bool) -> dict[str, Any]:
    spec, words = GLOSSARY[name], WORDS[lang]
    kind = "share" if name in PERCENT else "p" if name in P_VALUES else spec.dtype
    empty = words["yes"] if spec.nullable and spec.dtype == "float" else ""
    return {"name": name, "meaning": header(name, lang), "type": words[kind], "empty": empty, "key": key}


def _methods(path: Path, tables: Mapping[str, pd.DataFrame], lang: str) -> str:
    """Text of the methods whose ids or tables occur in the run."""
    words, every = WORDS[lang], methods.sections(path.read_text(encoding="utf-8"))
    chosen = methods.used(every, tables)
    ids = {name for part in chosen for name in part.ids}
    n, used = (sum(part.level > 2 for part in group) for group in (every, chosen))
    parts = [f"# {words['methods']}", words["methods_lead"]]
    parts.append(words["more"].format(n=n, used=used, file=path.name))
    for part in chosen:
        anchors = "".join(f'<a id="{name}"></a>' for name in part.ids)
        body = methods.linked(part.body, ids, set(tables), dictionary=f"tables.{lang}.html")
        parts += [anchors, f"{'#' * part.level} {part.title}", body]
    return prose("\n\n".join(parts))
