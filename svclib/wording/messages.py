"""Errors in Chinese: every English text is matched with its template and said in the words of an office.

The English text stays what it is where it is raised; `words/messages.zh.toml` gives the
Chinese of each template.  A text without an entry is shown as it stands.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from string import Formatter
from typing import NamedTuple

from svclib.errors import InputErrors, Problem, SvcError

YAML = (".yaml", ".yml")
# After the name of a source that is the result of a query.
QUERY = " (sql)"
# Separates what is said of cells of a workbook from what is said of keys of a YAML file.
EITHER = "||"
EMPTY = "(empty)"
# A value as Python prints it: a text in quotes, a number, a list, a mapping.
_REPR = r"'.*?'|\".*?\"|[-+\d\[{(].*?|True|False|None|inf|nan"
_HINT = re.compile(r" Did you mean ('.*'|\".*\")\?$")
_NUMBERED = re.compile(r"(  \d+\. )(.*)")
_COUNT = re.compile(r"(?:(\d+) cells )?(.*)", re.DOTALL)
_BOTH = re.compile(r"[a-z0-9_]+ \(([^)]*[^\x00-\x7f][^)]*)\)")
_QUOTED = re.compile(r"'.*'|\".*\"", re.DOTALL)


class _Entry(NamedTuple):
    """A template: how its English reads, its Chinese, the form of each slot, how much is fixed."""

    pattern: re.Pattern[str]
    zh: str
    forms: dict[str, str]
    fixed: int


def translated(error: SvcError | str, lang: str) -> str:
    """Text of an error in `lang` ("zh" or "en"): all problems with their places, or the one message."""
    if lang == "en":
        return str(error)
    if not isinstance(error, InputErrors):
        return _lines(str(error))
    lines = [f"  {i}. {_sentence(problem(p, lang))}" for i, p in enumerate(error.problems, 1)]
    return "\n".join([_optional(f"{len(lines)} problem(s) in the input:"), *lines])


def problem(found: Problem, lang: str) -> Problem:
    """The same problem with its parts in `lang`; what has no Chinese stays English."""
    if lang == "en":
        return found
    yaml = found.file.endswith(YAML)
    # The table of a data file, named with its folder, counts cells; other places say one thing.
    data = "/" in found.file or found.file.endswith(QUERY)
    said = _finding(found.found) if data else _chinese(found.found)
    return replace(
        found,
        file="：".join(_file(part) for part in found.file.split(": ")),
        place=_optional(found.place),
        field=found.field if yaml else _header(found),
        found=found.found if said is None else _side(said, yaml=yaml),
        remedy=_side(_optional(found.remedy), yaml=yaml),
    )


def _file(text: str) -> str:
    """A file, or the query of a source: `responses (sql)` is 问卷（sql）."""
    return f"{_word(text.removesuffix(QUERY))}（sql）" if text.endswith(QUERY) else _word(text)


def _side(text: str, *, yaml: bool) -> str:
    """What is said of the cells of a workbook, or of the keys of a YAML file."""
    workbook, _, keys = text.partition(EITHER)
    return keys if yaml and keys else workbook


def _header(found: Problem) -> str:
    """The column of a problem; a key path of a workbook by its last word, where a cell says the rest."""
    first, dot, _ = found.field.partition(".")
    if not (dot and first.isascii() and first.isidentifier()):
        return _word(found.field)
    words, path = catalogue()["words"], found.field.split(".")
    last = words.get(".".join(path[-2:]), words.get(path[-1], path[-1]))
    return "" if "!" in found.place and last.isascii() else last


def _sentence(said: Problem) -> str:
    """A translated problem in one line."""
    where = "，".join(part for part in (said.file, said.place, said.field) if part)
    hint = f"是否想写“{said.nearest}”？" if said.nearest else ""
    return f"{where}：{said.found}。{said.remedy}{hint}"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Tables `texts` (English template to Chinese) and `words` (names of columns and kinds)."""
    text = resources.files("svclib").joinpath("words", "messages.zh.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _entries() -> tuple[_Entry, ...]:
    """Templates, those with the most fixed text first."""
    found = [_entry(english, zh) for english, zh in catalogue()["texts"].items()]
    return tuple(sorted(found, key=lambda entry: -entry.fixed))


def _entry(english: str, zh: str) -> _Entry:
    pattern, forms, fixed = "", {}, 0
    for literal, name, form, _ in Formatter().parse(english):
        pattern += re.escape(literal)
        fixed += len(literal)
        if name is not None:
            pattern += f"(?P<{name}>{_shape(form or '')})"
            forms[name] = form or ""
    return _Entry(re.compile(pattern, re.DOTALL), zh, forms, fixed)


def _shape(form: str) -> str:
    """What a slot of a form may hold."""
    if form == "w":
        return "|".join(map(re.escape, sorted(catalogue()["words"], key=len, reverse=True)))
    return {"q": _REPR, "k": f"{_REPR}|[^:]*?", "d": r"[-+.\d]+"}.get(form, ".*?")


def _chinese(text: str) -> str | None:
    """Chinese of one text by the first template it fits, None when it fits none."""
    for entry in _entries():
        match = entry.pattern.fullmatch(text)
        if match is None:
            continue
        slots = {name: FORMS[form](match[name]) for name, form in entry.forms.items()}
        if None not in slots.values():
            return entry.zh.format(**slots)
    return None


def _optional(text: str) -> str:
    said = _chinese(text)
    return text if said is None else said


def _finding(text: str) -> str | None:
    """A text as `Table.flag` makes it: how many cells, what is wrong, the first of them."""
    first, *others = [*(m.start() for m in re.finditer(": ", text)), len(text)]
    for at in (first, len(text), *others):
        counted = _COUNT.fullmatch(text[:at])
        cells, what = counted.groups() if counted else (None, "")
        said = _chinese(what)
        if said is not None:
            values = [part for part in text[at + 2 :].split(", ") if part not in ("", EMPTY)]
            return (f"有{cells}处" if cells else "") + said + (f"（{'、'.join(values)}）" if values else "")
    return _chinese(text)


def _lines(text: str) -> str:
    """A message, line by line where it is not one text."""
    said = _chinese(text)
    return "\n".join(map(_line, text.split("\n"))) if said is None else said


def _line(text: str) -> str:
    """A problem that has become a line of text, or any other text."""
    numbered = _NUMBERED.fullmatch(text)
    number, rest = numbered.groups() if numbered else ("", text)
    hint = _HINT.search(rest)
    body = rest[: hint.start()] if hint else rest
    for colon in re.finditer(": ", body):
        for stop in re.finditer(r"\. ", body[colon.end() :]):
            found, remedy = body[colon.end() :][: stop.start()], body[colon.end() :][stop.end() :]
            if _finding(found) is not None and _chinese(remedy) is not None:
                where = _where(body[: colon.start()])
                near = _quoted(hint[1]) if hint else ""
                return number + _sentence(problem(Problem(*where, found, remedy, near), "zh"))
    return _optional(text)


def _where(text: str) -> tuple[str, str, str]:
    """File, place and field of a problem that has become text."""
    file, *rest = text.split(", ")
    field = rest.pop() if rest and (len(rest) > 1 or _chinese(rest[0]) is None) else ""
    return file, ", ".join(rest), field


def _word(text: str) -> str:
    """A column, kind or file the catalogue has a word for: `unit` and `unit (部门)` are 部门."""
    return catalogue()["words"].get(text, _own(text))


def _own(text: str) -> str:
    """The Chinese of `high (越高越好)`, any other text as it stands."""
    both = _BOTH.fullmatch(text)
    return both[1] if both else text


def _quoted(text: str) -> str:
    """A value as Python prints it, without the quotation marks."""
    return text[1:-1] if _QUOTED.fullmatch(text) else text


def _key(text: str) -> str:
    """A key with its Chinese before it."""
    key, said = _quoted(text), _word(_quoted(text))
    return key if said == key else f"{said}（{key}）"


def _parts(text: str) -> list[str]:
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return [_quoted(part) for part in inner.split(", ") if part]


def _list(text: str) -> str:
    return "、".join(_own(part) for part in _parts(text))


FORMS: dict[str, Callable[[str], str | None]] = {
    "": str,  # as it stands
    "d": str,  # a number
    "q": _quoted,
    "k": _key,
    "l": _list,
    "w": _word,  # a word of the catalogue, nothing else
    "n": _word,  # a word of the catalogue, or a name of the data
    "lw": lambda text: "、".join(map(_word, _parts(text))),
    "t": _chinese,  # a text with a template of its own
    "o": _optional,
    "ts": lambda text: "；".join(map(_optional, text.split("; "))),
    "lines": lambda text: "\n".join(map(_line, text.split("\n"))),
}
