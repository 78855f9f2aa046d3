"""JSON Schema of the files a person writes, for editors that complete and underline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from svclib.framework.models import Framework
from svclib.framework.names import ALIASES


def framework_schema() -> dict[str, Any]:
    """Schema of a framework file."""
    schema = finished(Framework.model_json_schema(by_alias=True), "Framework file")
    kinds = schema["$defs"]
    _by_name(schema["properties"], "dimensions", kinds["Dimension"])
    _by_name(kinds["Dimension"]["properties"], "indicators", kinds["Indicator"])
    kinds["Limit"]["properties"]["value"] = {"type": "number"}
    kinds["Limit"]["properties"]["condition"] = {"type": "string"}
    return schema


def finished(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """`schema` with Chinese names beside each English choice."""
    for node in _nodes(schema):
        choices = node.pop("enum", None) or ([node.pop("const")] if "const" in node else None)
        if choices:
            node["enum"] = [*choices, *(zh for zh, en in ALIASES.items() if en in choices)]
            node.pop("type", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def write(schema: dict[str, Any], path: Path) -> None:
    """Save a schema as readable JSON."""
    path.write_text(as_text(schema), encoding="utf-8")


def as_text(schema: dict[str, Any]) -> str:
    """The exact text of a schema file."""
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _by_name(properties: dict[str, Any], key: str, kind: dict[str, Any]) -> None:
    """A list of named models is written as a mapping from name to body."""
    properties[key] = {"type": "object", "minProperties": 1, "additionalProperties": properties[key]["items"]}
    for hidden in ("name", "dimension"):
        kind["properties"].pop(hidden, None)
    kind["required"] = [r for r in kind["required"] if r not in ("name", "dimension")]


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(child)
