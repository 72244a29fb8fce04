"""The configuration's keys as rows of a table and as a JSON schema, from the sections' code."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from types import ModuleType
from typing import Any, get_args, get_origin

import yaml
from pydantic.json_schema import GenerateJsonSchema

from lahja.core.config import Config
from lahja.core.config.base import Departures, Section, key_of


def meaning(kind: type[Section], name: str) -> str:
    """Return what a field of a section means, in one line; "" where no text says it.

    It is the field's comment, else the docstring of the section that the field is.
    """
    for owner in kind.__mro__:
        text = _texts(sys.modules[owner.__module__]).get((owner.__name__, name))
        if issubclass(owner, Section) and text:
            return text
    inner, is_named = nested(kind.model_fields[name].annotation)
    return " ".join(inner[0].__doc__.split()) if len(inner) == 1 and not is_named else ""


@cache
def _texts(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the `#:` comments of the fields of a module's classes: beside a field, or above it."""
    found = {}
    is_ours = module.__name__.startswith("lahja.core.config")
    source = inspect.getsource(module) if is_ours else ""
    lines = [line.strip() for line in source.splitlines()]
    for node in ast.parse(source).body:
        for field in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(field, ast.AnnAssign):
                beside = lines[field.end_lineno - 1].partition("  #: ")[2]
                above = takewhile(lambda line: line.startswith("#:"), lines[field.lineno - 2 :: -1])
                text = beside or " ".join(line[3:] for line in reversed([*above]))
                found[node.name, field.target.id] = text
    return found


# --- JSON schema ------------------------------------------------------------------------------


class _EditorSchema(GenerateJsonSchema):
    """A schema that a file which states only differences satisfies too."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Describe a section; none of its keys is required, as another file may have them."""
        described = super().model_schema(schema)
        described.pop("required", None)
        kind = schema["cls"]
        for name in kind.model_fields:
            inner = described["properties"][key_of(kind, name)]
            inner.pop("title", None)
            if isinstance(inner.get("default"), dict):
                del inner["default"]
            if text := meaning(kind, name):
                inner["description"] = text
        return described

    def tagged_union_schema(self, schema: Any) -> dict[str, Any]:
        """Allow any of the alternatives: an entry's differences may fit several."""
        found = super().tagged_union_schema(schema)
        return {"anyOf": found["oneOf"]} if "oneOf" in found else found


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration file, for editors."""
    return Config.model_json_schema(schema_generator=_EditorSchema)


# --- table ------------------------------------------------------------------------------------


def key_rows() -> Iterator[list[str]]:
    """Yield each key with its type, default and meaning, in the order of the sections."""
    yield from _rows([Config], "", set())


def nested(annotation: Any) -> tuple[list[type[Section]], bool]:
    """Return the sections that a value of a type can be, and whether they are entries by name."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation], False
    parts = [nested(part) for part in get_args(annotation)]
    kinds = dict.fromkeys(kind for found, _ in parts for kind in found)
    return list(kinds), get_origin(annotation) is dict or any(named for _, named in parts)


def _rows(kinds: list[type[Section]], prefix: str, done: set[type]) -> Iterator[list[str]]:
    """Yield the rows of a section, or of alternatives: what all have, then what each has alone.

    Those of the sections within follow each key; a section has its rows once.
    """
    shared = next(base for base in kinds[0].__mro__ if all(issubclass(k, base) for k in kinds))
    for kind in dict.fromkeys((shared, *kinds)):
        if kind in done or _is_departure(kind):
            continue
        done.add(kind)
        own = prefix
        if kind is not shared:
            first = next(iter(kind.model_fields.values()))
            tags = ", ".join(map(str, get_args(first.annotation)))
            own = f"{prefix.removesuffix('<name>.')}<{tags}>."
        for name in kind.model_fields:
            if kind is shared or name not in shared.model_fields:
                yield _row(kind, name, own)
            inner, is_named = nested(kind.model_fields[name].annotation)
            within = f"{own}{key_of(kind, name)}." + "<name>." * is_named
            yield from _rows(inner, within, done) if inner else ()


def _is_departure(kind: type[Section]) -> bool:
    """Whether a section holds departures from another one, which has the rows."""
    return issubclass(kind, Departures) and not issubclass(kind.__bases__[0], Departures)


def _row(kind: type[Section], name: str, prefix: str) -> list[str]:
    key = key_of(kind, name)
    schema = _schema(kind)["properties"][key]
    default = schema.get("default")
    shown = ""
    if default not in (None, {}) or ("default" in schema and "null" in _types(schema)):
        text = yaml.safe_dump(default, default_flow_style=True, width=1000, allow_unicode=True)
        shown = f"`{text.removesuffix('...' + chr(10)).strip()}`"
    return [f"`{prefix}{key}`", " or ".join(_types(schema)), shown, meaning(kind, name)]


@cache
def _schema(kind: type[Section]) -> dict[str, Any]:
    return kind.model_json_schema(schema_generator=_EditorSchema)


def _types(schema: dict[str, Any]) -> list[str]:
    if "anyOf" in schema:
        return list(dict.fromkeys(name for part in schema["anyOf"] for name in _types(part)))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    shown = ", ".join(f"`{value}`" for value in values)
    return [shown or schema.get("type", "object")]
