"""A module as pieces: functions, methods and names, each with the hash of its code and what it mentions."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BODY = "<body>"
# Bases whose subclasses have no methods that are called without being named somewhere.
_PLAIN = {
    *("object", "BaseModel", "NamedTuple", "TypedDict", "Protocol", "ABC", "Enum", "IntEnum", "StrEnum"),
    *("Exception", "ValueError", "UserWarning", "Generic"),
}
_QUIET = {"property", "cached_property", "staticmethod", "classmethod"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef
# What has names of its own.
_Inside = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


@dataclass(frozen=True)
class Piece:
    """One definition: the hash of its code without comments and docstrings, and what it mentions.

    `near` are names without a dot, `names` dotted names of what is imported.
    """

    digest: str
    near: frozenset[str]
    names: frozenset[str]
    attributes: frozenset[str]
    strings: frozenset[str]


@dataclass
class Module:
    """The pieces of a module, its imports by local name, and the modules it imports."""

    pieces: dict[str, Piece] = field(default_factory=dict)
    methods: dict[str, dict[str, str]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


def parsed(tree: ast.Module, package: str, root: str) -> Module:
    """Split a module into pieces; `package` is what its relative imports start from."""
    found = Module(imports=imported(tree, package, root))
    loose: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            continue
        if isinstance(node, ast.ClassDef):
            _class(node, found)
        elif isinstance(node, _Function):
            found.pieces[node.name] = piece(node, found.imports)
            if {_last(each) for each in node.decorator_list} & found.imports.keys():
                loose.append(ast.Expr(ast.Name(node.name, ast.Load())))  # ours may keep it somewhere
        else:
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            found.pieces |= dict.fromkeys(names, piece(node, found.imports))
            loose += [] if isinstance(node, ast.Assign | ast.AnnAssign) and names else [node]
    found.pieces[BODY] = piece(ast.Module(loose, []), found.imports)
    return found


def _class(node: ast.ClassDef, found: Module) -> None:
    """A class and, as pieces of their own, those methods that run only where they are named."""
    ours = {*_PLAIN, *found.pieces, *found.imports}
    plain = {_last(base) for base in node.bases} <= ours
    apart = [each for each in node.body if plain and isinstance(each, _Function) and _named_only(each)]
    rest = [each for each in node.body if each not in apart]
    head = ast.ClassDef(node.name, node.bases, node.keywords, rest, node.decorator_list)
    found.pieces[node.name] = piece(head, found.imports)
    for name in dict.fromkeys(each.name for each in apart):
        whole: list[ast.stmt] = [each for each in apart if each.name == name]
        found.pieces[f"{node.name}.{name}"] = piece(ast.Module(whole, []), found.imports)
        found.methods.setdefault(node.name, {})[name] = f"{node.name}.{name}"


def _named_only(method: _Function) -> bool:
    """Whether a method runs only where its name is mentioned, not by Python, pydantic or IPython itself."""
    hidden = method.name.startswith("_") and method.name.endswith("_")
    return not hidden and {_last(each) for each in method.decorator_list} <= _QUIET


def _last(node: ast.expr) -> str:
    """First name of a dotted one that is called or subscripted or stands alone; "" for anything else."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def imported(tree: ast.AST, package: str, root: str) -> dict[str, str]:
    """Names that imports of the package `root` bind anywhere in `tree`, and what they stand for."""
    found: dict[str, str] = {}
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name if name.asname else name.name.partition(".")[0]
                found[name.asname or top] = top
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            found |= {name.asname or name.name: f"{source}.{name.name}" for name in node.names}
    return {name: target for name, target in found.items() if target.split(".")[0] == root}


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement in `tree`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ("body", "orelse", "handlers", "finalbody", "cases"):
            inner = getattr(node, name, ())
            waiting += inner if isinstance(inner, list) else ()


@dataclass
class _Seen:
    """What one walk over code finds: its nodes, what it says without docstrings, names it binds itself."""

    nodes: list[ast.AST] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)

    def walk(self, node: ast.AST, *, inside: bool = False) -> None:
        """Go through `node`; names bound `inside` of functions in it are not its own."""
        self.nodes.append(node)
        self.text.append(type(node).__name__)
        if isinstance(node, ast.Name) and not inside and isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        for name in node._fields:
            if name != "ctx":  # where a name stands says that too
                self.part(name, getattr(node, name, None), inside=inside)

    def part(self, name: str, value: Any, *, inside: bool) -> None:
        """Go through one part of a node."""
        if isinstance(value, ast.AST):
            self.walk(value, inside=inside or isinstance(value, _Inside))
        elif isinstance(value, list):
            self.text.append("[")
            for each in value:
                if not (name == "body" and _is_text(each)):
                    self.part("", each, inside=inside)
            self.text.append("]")
        else:
            self.text.append(repr(value))


def piece(tree: ast.AST, imports: Mapping[str, str]) -> Piece:
    """The piece that a part of a module is."""
    found = _Seen()
    found.walk(tree)
    own = found.bound | _given(tree) if isinstance(tree, _Function) else set[str]()
    seen = {name: target for name, target in imports.items() if name not in own}
    near: set[str] = set()
    attributes: set[str] = set()
    strings: set[str] = set()
    for node in found.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            near.add(node.id)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value)
    if near & {"getattr", "attrgetter", "methodcaller"}:
        attributes |= strings
    names = frozenset(_dotted(found.nodes, seen))
    digest = short_hash("\n".join(found.text).encode("utf-8"))
    return Piece(digest, frozenset(near), names, frozenset(attributes), frozenset(strings))


def _given(function: _Function) -> set[str]:
    """Names of a function's parameters."""
    given = function.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    return {each.arg for each in every if each is not None}


def _dotted(nodes: Iterable[ast.AST], imports: Mapping[str, str]) -> Iterator[str]:
    """Dotted names that start from an import, each as long as it is written."""
    inner: set[int] = set()
    for node in nodes:
        if id(node) in inner or not isinstance(node, ast.Name | ast.Attribute):
            continue
        tail, top = list[str](), node
        while isinstance(top, ast.Attribute):
            tail.insert(0, top.attr)
            top = top.value
            inner.add(id(top))
        if isinstance(top, ast.Name) and isinstance(top.ctx, ast.Load) and top.id in imports:
            yield ".".join([imports[top.id], *tail])


def short_hash(content: bytes) -> str:
    """First 16 hex digits of the sha256."""
    return hashlib.sha256(content).hexdigest()[:16]
