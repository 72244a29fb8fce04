"""What all sections of the configuration share: closed mappings, types of values, error lines."""

import reprlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lahja.core.errors import LahjaError, hint
from lahja.core.files import read_yaml
from lahja.core.varieties import OTHER as FURTHER
from lahja.core.varieties import VARIETIES

Entry = TypeVar("Entry")
# Keys of former versions: what to write instead, or why there are none now.
_FORMER = Path(__file__).resolve().parents[4] / "resources" / "former_keys.yaml"
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 100
# The tag of an alternative that no value in the files names; in brackets, as pydantic's `[key]`.
OTHER = "[other]"

# A number stays as it is written: 3 and 3.0 are equal, but rules compare their parameters as text.
_AS_WRITTEN = WrapValidator(lambda value, check: (check(value), value)[1])
Share = Annotated[float, Field(ge=0, le=1), _AS_WRITTEN]
Positive = Annotated[float, Field(gt=0), _AS_WRITTEN]
Nucleus = Annotated[float, Field(gt=0, le=1), _AS_WRITTEN]
NotNegative = Annotated[float, Field(ge=0), _AS_WRITTEN]
Chrf = Annotated[float, Field(ge=0, le=100), _AS_WRITTEN]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Density = Nucleus
Real = Annotated[float, _AS_WRITTEN]
Precision = Literal["bf16", "fp32"] | None


def _expect_pattern(pattern: str) -> str:
    try:
        next(Path("/dev/null").glob(pattern), None)
    # pathlib refuses an absolute pattern with a subclass of RuntimeError.
    except (ValueError, RuntimeError) as error:
        raise fault("", f"{pattern!r} is no pattern of files within a folder ({error})") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_expect_pattern)]


def _distinct(values: list[Any]) -> list[Any]:
    for value in values:
        if values.count(value) > 1:
            raise PydanticCustomError("fault", "{message}", {"message": f"{value} is given twice"})
    return values


Distinct = AfterValidator(_distinct)
Names = Annotated[list[str], Distinct]
OneOrMore = Annotated[list[str], Field(min_length=1), Distinct]
# One name, or several.
NameOrNames = Annotated[
    OneOrMore,
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | OneOrMore,
    ),
]
# Names of runs and of entries are parts of paths and of commands.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,99}$")]
# A branch or a tag can be moved.
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
# Snakemake would take braces for a wildcard.
Plain = Annotated[str, Field(pattern=r"^[^{}]*$")]


def _expect_interpreter(python: str) -> str:
    if shutil.which(python) is None:
        raise fault("", f"no interpreter at {python}")
    return python


Interpreter = Annotated[str, AfterValidator(_expect_interpreter)]
OrAbsent = Annotated[Entry | None, Field(exclude_if=lambda value: value is None)]
"""A key without a default: where it is not given, the resolved configuration lacks it."""
Catalogue = Annotated[
    dict[Name, Entry | None],
    AfterValidator(lambda given: {name: each for name, each in given.items() if each is not None}),
]
"""Entries by name; one that is null is removed."""


def fault(key: str, message: str) -> PydanticCustomError:
    """Return the error that a validator raises for one key of its section."""
    return PydanticCustomError("fault", "{message}", {"key": key, "message": message})


def _expect_variety(code: str) -> str:
    if code not in (*VARIETIES, FURTHER):
        raise fault("", f"no such variety: {code!r}; {hint(code, VARIETIES)}")
    return code


Variety = Annotated[str, AfterValidator(_expect_variety)]


def key_of(kind: type[BaseModel], name: str) -> str:
    """Return the key that a field of a section has in the files."""
    return kind.model_fields[name].alias or name


class Section(BaseModel):
    """A mapping of the configuration that has only the keys of its fields."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        # Sections are compiled once, within the whole; the default of one is {}, read as if given.
        allow_inf_nan=False,
        defer_build=True,
        validate_default=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        known, kept = [key_of(cls, name) for name in cls.model_fields], {}
        for key, value in values.items():
            told = "" if key in known else _former(cls, key, known)
            # What a former version recorded has all its keys; one that is null asks for nothing.
            if told and value is None:
                continue
            if key not in known:
                raise fault(str(key), told or f"unknown; {hint(key, known)}")
            kept[key] = value
        return kept


def _former(kind: type[Section], key: str, known: list[str]) -> str:
    """Return why a section has a key no more; nothing where it never had it."""
    former = read_yaml(_FORMER)
    for owner in kind.__mro__:
        if told := former["gone"].get(owner.__name__, {}).get(key):
            return told
    new = former["renamed"].get(key)
    return f"renamed; write {new}" if new in known else ""


def default(kind: type[Section], name: str) -> Any:
    """Return the default of a key, for library settings that stand for it."""
    return kind.model_fields[name].default


class WordRange(Section):
    """A section with a range of `min_words` to `max_words`."""

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        if self.min_words > self.max_words:
            raise fault("max_words", f"expected min_words or more, not {self.max_words}")
        return self


class Departures(Section):
    """A section that stands in place of another's defaults: only what was given is kept."""

    @model_serializer(mode="wrap")
    def _given(self, dump: Any) -> dict[str, Any]:
        given = self.model_fields_set
        keys = given | {key_of(type(self), name) for name in given}
        return {key: value for key, value in dump(self).items() if key in keys}


Kind = TypeVar("Kind", bound=Section)


def parse(kind: type[Kind], values: dict[str, Any], within: str = "") -> Kind:
    """Return a section read from plain values; raise `LahjaError` with the path of a faulty key."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise LahjaError(f"{within}{_line(error, values)}") from None


def _line(error: ValidationError, values: dict[str, Any]) -> str:
    found = error.errors(include_url=False)
    # A misspelt key that is required is missing too: the misspelling is the fault.
    first = min(found, key=lambda one: one["type"] != "fault")
    context = first.get("ctx", {})
    named = context.get("key") or context.get("discriminator", "").strip("'")
    key = _path(first["loc"], values, [named] if named else []) or "config"
    former = read_yaml(_FORMER)["values"].get(key.rpartition(".")[2], {})
    value = context.get("tag", first["input"])
    if isinstance(value, str) and value in former:
        return f"{key}: {former[value]}"
    match first["type"]:
        case "fault":
            return f"{key}: {first['msg']}"
        case "missing" | "union_tag_not_found":
            return f"{key}: missing"
        case "union_tag_invalid":
            known = [tag.strip("' ") for tag in context["expected_tags"].split(",")]
            return f"{key}: {context['tag']!r} is not defined; {hint(context['tag'], known)}"
        case "dict_type" | "model_type" | "model_attributes_type":
            told = "expected keys and values"
        case "too_short":
            told = f"expected at least {context['min_length']}"
        case "string_pattern_mismatch":
            told = f"expected text of the form {context['pattern']}"
        case "float_type" if isinstance(first["input"], str):
            # YAML reads 1e-4 as text.
            told = "expected a number such as 3 or 1.0e-4"
        case _:
            told = first["msg"].replace("Input should be", "expected").replace("Input", "value")
    # A few lines of YAML can stand for a value without end.
    value = " ".join(_SHOWN.repr(first["input"]).split())
    return f"{key}: {told}, not {value if len(value) <= 60 else f'{value[:57]}…'}"


def _path(location: Iterable[int | str], values: Any, rest: list[str]) -> str:
    """Return an error's path as keys: without the tags that tell alternatives apart."""
    parts = []
    for part in location:
        is_tag = isinstance(values, dict) and part not in values and part in values.values()
        if is_tag or str(part).startswith("["):
            continue
        parts.append(str(part))
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            values = None
    return ".".join(parts + rest)
