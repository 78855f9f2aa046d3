"""YAML that a person wrote, read strictly: every value keeps its line, every trap is named.

Plain YAML 1.1 hides mistakes: a repeated key keeps the last value, `{80:0}` is the number
4800 (base 60), `010` is eight.  Here the first two are problems and the third stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from svclib.errors import Problem, nearest

KeyPath = tuple[Any, ...]

_MAX_DEPTH = 20
_MAX_ENTRIES = 100_000  # aliases of aliases would fill the memory
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_BASE_60 = re.compile(r"[-+]?[0-9]+(:[0-9]+)+(\.[0-9]*)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{w: True for word in ("true", "yes", "on") for w in (word, word.title(), word.upper())},
    **{w: False for word in ("false", "no", "off") for w in (word, word.title(), word.upper())},
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}


@dataclass
class Document:
    """Parsed content with the line, or the cell, of every key path and the problems met so far.

    A workbook also gives `names`: the headers that stand for key paths.
    """

    file: str
    data: Any = None
    lines: dict[KeyPath, int | str] = field(default_factory=dict)
    names: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Sequence[Any]) -> str:
        """`line N` or the cell of `path`, or of its closest ancestor that has one."""
        for size in range(len(path), -1, -1):
            line = self.lines.get(tuple(path[:size]))
            if line is not None:
                return line if isinstance(line, str) else f"line {line}"
        return ""

    def problem(self, path: Sequence[Any], found: str, remedy: str, near: str = "") -> Problem:
        """A problem placed at `path`."""
        return Problem(self.file, self.place(path), self.name(path), found, remedy, near)

    def name(self, path: Sequence[Any]) -> str:
        """The header of `path`, or of its closest ancestor that has one; else the keys with dots."""
        named = (self.names.get(tuple(path[:size])) for size in range(len(path), -1, -1))
        return next(filter(None, named), ".".join(map(str, path)))

    def add(self, path: Sequence[Any], found: str, remedy: str, near: str = "") -> None:
        """Note a problem at `path`."""
        self.problems.append(self.problem(path, found, remedy, near))


def read(path: Path) -> Document:
    """Read a YAML file; a file that cannot be read is a problem, not an exception."""
    doc = Document(path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        doc.add((), f"cannot read {path}: {error.strerror}", "Check the path.")
        return doc
    except UnicodeDecodeError as error:
        doc.add((), f"the file is not UTF-8 (byte {error.start})", "Save it as UTF-8.")
        return doc
    return parse(text, file=path.name)


def parse(text: str, *, file: str = "") -> Document:
    """Parse YAML text into a `Document`."""
    doc = Document(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else ""
        remedy = 'Check indentation, brackets and colons; quote a value that begins with > < * & % @: "> 2".'
        doc.problems.append(Problem(file, line, "", f"not valid YAML: {error.problem}", remedy))
        return doc
    except yaml.YAMLError as error:
        doc.add((), f"not valid YAML: {error}", "Remove control characters.")
        return doc
    if node is None:
        doc.add((), "the file is empty", "Start from the file in templates/.")
        return doc
    doc.data = _value(doc, node, ())
    return doc


def _value(doc: Document, node: yaml.Node, path: KeyPath) -> Any:
    doc.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > _MAX_DEPTH or len(doc.lines) > _MAX_ENTRIES:
        doc.add(path[:1], "the file refers to itself", "Remove the alias (*name).")
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(doc, node, path)
    if isinstance(node, yaml.SequenceNode):
        return [_value(doc, child, (*path, i)) for i, child in enumerate(node.value)]
    return _scalar(doc, node, path)


def _mapping(doc: Document, node: yaml.MappingNode, path: KeyPath) -> dict[Any, Any]:
    content: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            doc.add(path, f"a key on line {line} is a list or a mapping", "Use text or a number as key.")
            continue
        key = _key(doc, key_node, path)
        if key in content:
            found = f"key {key!r} is written twice (lines {doc.lines[(*path, key)]} and {line})"
            doc.problems.append(
                Problem(
                    doc.file, f"line {line}", ".".join(map(str, (*path, key))), found, "Keep one of them."
                )
            )
            continue
        doc.lines[(*path, key)] = line
        content[key] = _value(doc, value_node, (*path, key))
    return content


def _key(doc: Document, node: yaml.ScalarNode, path: KeyPath) -> Any:
    text = node.value
    if not node.style and _BASE_60.fullmatch(text):
        doc.problems.append(
            Problem(
                doc.file,
                f"line {node.start_mark.line + 1}",
                ".".join(map(str, path)),
                f"{text!r} has no space after the colon, so YAML reads one number in base 60",
                f"Write {text.replace(':', ': ', 1)!r}.",
            )
        )
        return text
    key = plain(text) if not node.style else text
    # A name such as "no" stays a name; only numbers are wanted as keys that are not text.
    return text if isinstance(key, bool) or key is None else key


def _scalar(doc: Document, node: yaml.Node, path: KeyPath) -> Any:
    text = str(node.value)
    if isinstance(node, yaml.ScalarNode) and node.style:
        return text
    if node.tag.startswith("tag:yaml.org,2002:") is False or "python" in node.tag:
        doc.add(path, f"tag {node.tag!r} is not allowed", "Write plain values.")
        return None
    if _BASE_60.fullmatch(text):
        doc.add(path, f"{text!r} would be read as a number in base 60", f'Put it in quotes: "{text}".')
    return plain(text)


def plain(text: str) -> Any:
    """Value of an unquoted scalar: number, true/false, nothing, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def validate(doc: Document, model: type[BaseModel]) -> tuple[BaseModel | None, set[KeyPath]]:
    """Validate `doc.data`; wrong parts become problems and are left out.

    Returns the model of what is left (None when nothing usable is left) and the paths left
    out, so that later checks can still report everything else at once.
    """
    data, dropped = doc.data, set[KeyPath]()
    for _ in range(6):
        try:
            return model.model_validate(data), dropped
        except ValidationError as error:
            paths = [_note(doc, model, data, dropped, detail) for detail in error.errors()]
        if any(not path for path in paths):
            return None, dropped
        dropped.update(paths)
        data = _without(data, paths)
    return None, dropped


def _note(
    doc: Document, model: type[BaseModel], data: Any, dropped: set[KeyPath], detail: ErrorDetails
) -> KeyPath:
    """Add the problem of one pydantic error; return the path to leave out."""
    path = named_path(data, detail["loc"])
    kind, found = detail["type"], detail["input"]
    if kind == "missing" and path in dropped:  # left out here, and reported as wrong
        return path[:-1]
    if kind == "missing":
        name = doc.names.get(path, path[-1])
        doc.add(path if path in doc.names else path[:-1], f"{name!r} is missing", f"Add {name}.")
        return path[:-1]
    if kind == "extra_forbidden":
        known = keys_at(model, detail["loc"][:-1])
        remedy = "Correct or remove it." if nearest(path[-1], known) else f"Use one of {', '.join(known)}."
        doc.add(path, f"unknown key {path[-1]!r}", remedy, nearest(path[-1], known))
        return path
    context = detail.get("ctx", {})
    if "remedy" in context:
        doc.add(path, detail["msg"], context["remedy"], context.get("near", ""))
    else:
        doc.add(path, f"found {_short(found)}", _remedy(kind, detail["msg"]))
    return path


def _short(value: Any) -> str:
    text = {True: "true/yes", False: "false/no", None: "nothing"}.get(value) if _is_word(value) else None
    text = text or repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


_REMEDIES = {
    "float": "A number is wanted.",
    "int": "A whole number is wanted.",
    "bool": "Write true or false.",
    "dict": "Write names with their content: {name: content}.",
    "model": "Write keys with their values: {key: value}.",
    "tuple": "Write a list: [a, b].",
    "string": "A text is wanted: put the value in quotes.",
}


def _remedy(kind: str, message: str) -> str:
    wanted, _, what = kind.partition("_")
    if wanted in _REMEDIES and what in ("type", "parsing", "from_float"):
        return _REMEDIES[wanted]
    return message.replace("Input should", "It should") + "."


def named_path(data: Any, loc: Iterable[Any]) -> KeyPath:
    """Path in the file of a pydantic location: positions in named mappings become names."""
    path: list[Any] = []
    for part in loc:
        key = part
        if isinstance(data, dict) and part not in data and isinstance(part, int) and part < len(data):
            key = list(data)[part]
        path.append(key)
        inside = isinstance(data, dict) and key in data
        inside = inside or (isinstance(data, list) and isinstance(key, int) and key < len(data))
        data = data[key] if inside else None
    return tuple(path)


def keys_at(model: Any, loc: Iterable[Any]) -> list[str]:
    """Valid keys of the model found at a pydantic location."""
    for part in loc:
        fields = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
        if part in fields:
            model = _model_in(fields[part]) or model
    hidden = getattr(model, "hidden", ())
    return [info.alias or name for name, info in model.model_fields.items() if name not in hidden]


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def _without(data: Any, paths: Iterable[KeyPath], at: KeyPath = ()) -> Any:
    """Copy of `data` without the entries at `paths`."""
    gone = set(paths)
    if isinstance(data, dict):
        return {k: _without(v, gone, (*at, k)) for k, v in data.items() if (*at, k) not in gone}
    if isinstance(data, list):
        return [_without(v, gone, (*at, i)) for i, v in enumerate(data) if (*at, i) not in gone]
    return data
