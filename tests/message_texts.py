"""The English texts of errors as they stand in the source: found by reading it, never by running it."""

from __future__ import annotations

import ast
import re
from itertools import product
from pathlib import Path
from string import Formatter
from typing import NamedTuple

REMEDY = re.compile(r"[A-Z].*[a-z0-9}\])\0]\.", re.DOTALL)
SLOT = "\0"  # whatever is filled in when the text is made
# Parameters that hold a text for users, whatever the function.
TEXTS = ("found", "remedy", "what")
ERRORS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Problem": ((1, 3, 4), ("place", "found", "remedy")),
    **dict.fromkeys(("ParamError", "DataError", "SvcError", "StepFailed", "say", "_say"), ((0,), ())),
}
JOINS = ("join",)


class Text(NamedTuple):
    """A template and where it stands."""

    text: str
    file: str
    line: int


class Module:
    """One source file: its functions, its literals, and who is called with which texts."""

    def __init__(self, path: Path, root: Path) -> None:
        self.file = path.relative_to(root).as_posix()
        self.tree = ast.parse(path.read_text("utf-8"))
        self.functions = {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)
        }
        self.literals = {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }


def parameters(function: ast.FunctionDef) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def assigned(scope: ast.AST, name: str) -> list[ast.expr]:
    """Everything a name is set to, or extended by, inside a function."""
    found: list[ast.expr] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found += _pairs(target, node.value, name)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            if isinstance(node.target, ast.Name) and node.target.id == name:
                found.append(node.value)
        elif isinstance(node, ast.For):
            found += _looped(node, name)
    return found


def _pairs(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [v for t, v in zip(target.elts, value.elts, strict=False) for v in _pairs(t, v, name)]
    return []


def _looped(node: ast.For, name: str) -> list[ast.expr]:
    """`for x in ("a", "b")` sets x to each."""
    if isinstance(node.target, ast.Name) and node.target.id == name and isinstance(node.iter, ast.Tuple):
        return list(node.iter.elts)
    return []


class Reader:
    """Texts of expressions inside one function of one module."""

    def __init__(self, module: Module, scope: ast.AST) -> None:
        self.module, self.scope = module, scope
        self.nested: set[str] = set()  # texts that fill a slot of another
        self._open: set[str] = set()

    def texts(self, node: ast.expr | None) -> set[str]:
        """Every text `node` may be, with slots; {SLOT} where that cannot be told."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=parts):
                return _glued([self._part(part) for part in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _glued([self.texts(left), self.texts(right)])
            case ast.IfExp(body=body, orelse=other):
                return self.texts(body) | self.texts(other)
            case ast.BoolOp(values=values):
                return set().union(*map(self.texts, values))
            case ast.Name(id=name):
                return self._name(name)
            case ast.Subscript(value=ast.Name(id=name)) if isinstance(
                self.module.literals.get(name), ast.Dict
            ):
                return self._values(self.module.literals[name])
            case ast.Call():
                return self._call(node)
            case _:
                return {SLOT}

    def _part(self, part: ast.expr) -> set[str]:
        if isinstance(part, ast.FormattedValue):
            return self.texts(part.value) if part.conversion == -1 and part.format_spec is None else {SLOT}
        return self.texts(part)

    def _name(self, name: str) -> set[str]:
        if name in self._open or (isinstance(self.scope, ast.FunctionDef) and name in parameters(self.scope)):
            return {SLOT}
        self._open.add(name)
        values = assigned(self.scope, name) or [
            v for v in [self.module.literals.get(name)] if isinstance(v, ast.Constant | ast.JoinedStr)
        ]
        found = set().union(*map(self.texts, values)) if values else {SLOT}
        self._open.discard(name)
        return found

    def _values(self, node: ast.expr) -> set[str]:
        return set().union(*map(self.texts, node.values)) if isinstance(node, ast.Dict) else {SLOT}

    def _call(self, node: ast.Call) -> set[str]:
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "get" and isinstance(node.func.value, ast.Dict):
                return set().union(self._values(node.func.value), *map(self.texts, node.args[1:]))
            if node.func.attr == "format":
                return {plain(text) for text in self.texts(node.func.value)}
            if node.func.attr in JOINS and node.args:
                self._items(node.args[0])
            return {SLOT}
        if not isinstance(node.func, ast.Name) or node.func.id not in self.module.functions:
            return {SLOT}
        called = self.module.functions[node.func.id]
        if called.name in self._open:
            return {SLOT}
        inner = Reader(self.module, called)
        inner._open = self._open | {called.name}
        returned = [n.value for n in ast.walk(called) if isinstance(n, ast.Return) and n.value is not None]
        found = set().union(*map(inner.texts, returned)) if returned else {SLOT}
        self.nested |= inner.nested
        return found

    def _items(self, node: ast.expr) -> None:
        """Texts of a list that is joined."""
        values = [node]
        if isinstance(node, ast.Name):
            values = assigned(self.scope, node.id)
            values += [
                n.args[0]
                for n in ast.walk(self.scope)
                if isinstance(n, ast.Call)
                and isinstance(n.func, ast.Attribute)
                and n.func.attr == "append"
                and isinstance(n.func.value, ast.Name)
                and n.func.value.id == node.id
            ]
        for value in values:
            parts = [value.elt] if isinstance(value, ast.ListComp | ast.GeneratorExp) else [value]
            parts = value.elts if isinstance(value, ast.List | ast.Tuple) else parts
            self.nested |= {t for part in parts for t in self.texts(part) if " " in t.replace(SLOT, "")}


def plain(template: str) -> str:
    """A template with every slot as SLOT, doubled braces as one."""
    parts = Formatter().parse(template)
    return "".join(literal + ("" if name is None else SLOT) for literal, name, _, _ in parts)


def _glued(parts: list[set[str]]) -> set[str]:
    return {"".join(choice) for choice in product(*parts)}


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def scopes(module: Module) -> list[tuple[ast.FunctionDef, list[ast.Call]]]:
    """Every function with the calls that stand in it, nested functions apart."""
    return [
        (function, [n for n in ast.walk(function) if isinstance(n, ast.Call)])
        for function in module.functions.values()
    ]


def sinks_of(modules: list[Module]) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
    """The errors, and every function with a parameter named as a text is."""
    sinks = dict(ERRORS)
    for module in modules:
        for function in module.functions.values():
            names = [n for n in parameters(function) if n != "self"]
            texts = tuple(n for n in names if n in TEXTS)
            if texts:
                sinks[function.name] = (tuple(map(names.index, texts)), texts)
    return sinks


def arguments(node: ast.Call, sink: tuple[tuple[int, ...], tuple[str, ...]]) -> list[ast.expr]:
    at, names = sink
    given = [node.args[i] for i in at if i < len(node.args)]
    return given + [k.value for k in node.keywords if k.arg in names]


def handed_over(scope: ast.AST, reader: Reader) -> set[str]:
    """Texts in a tuple that holds a remedy: found and remedy on their way to a problem."""
    found: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
            texts = [reader.texts(part) for part in node.elts]
            if any(REMEDY.fullmatch(text) for part in texts for text in part):
                found |= set().union(*texts)
    return found


def collect(root: Path, leave_out: frozenset[str] = frozenset()) -> list[Text]:
    """Every template below `root`, modules in `leave_out` apart (by first part of their path)."""
    modules = [Module(path, root) for path in sorted(root.rglob("*.py"))]
    sinks = sinks_of(modules)
    found: dict[str, Text] = {}
    for module in modules:
        if module.file.split("/")[0].removesuffix(".py") in leave_out:
            continue
        for scope, calls in scopes(module):
            reader = Reader(module, scope)
            for text in handed_over(scope, reader):
                found.setdefault(text, Text(text, module.file, scope.lineno))
            for call in calls:
                for value in arguments(call, sinks.get(called(call), ((), ()))):
                    for text in reader.texts(value) | reader.nested:
                        found.setdefault(text, Text(text, module.file, call.lineno))
    return list(found.values())
