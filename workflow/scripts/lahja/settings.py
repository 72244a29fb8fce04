"""Settings that a script gets as JSON, turned into a frozen dataclass."""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

from lahja.errors import LahjaError

Settings = TypeVar("Settings")


def parse_settings(kind: type[Settings], values: dict[str, Any]) -> Settings:
    """Return a settings dataclass filled from a JSON object.

    Keys that are absent keep their defaults, lists become tuples. A key that is unknown, or
    one that is absent and has no default, raises `LahjaError` with its name.
    """
    known = {field.name: field for field in fields(kind)}
    for key in values:
        if key not in known:
            raise LahjaError(f"unknown setting {key!r}: expected {', '.join(known)}")
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise LahjaError(f"setting {name!r} is missing")
    return kind(**{key: _frozen(value) for key, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
