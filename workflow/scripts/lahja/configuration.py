"""The configuration: checked against its schema, completed with defaults, documented.

`workflow/schemas/config.schema.yaml` describes every key once. From it come the checks, the
defaults and the table in `config/README.md`.
"""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from lahja.environments import expect_interpreter
from lahja.errors import LahjaError
from lahja.generation.service import check_service, parse_server
from lahja.model_graph import ModelGraph
from lahja.rounds import with_rounds
from lahja.varieties import DIALECTS, get_variety

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "config.schema.yaml"

CATALOGUES = ("corpora", "datasets", "models", "generators")


def read_schema(path: Path = SCHEMA) -> dict[str, Any]:
    """Return the schema of the configuration."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def merge_config(paths: list[Path], overrides: list[str]) -> dict[str, Any]:
    """Return configuration files merged as Snakemake merges them, `key=value` pairs the last.

    Mappings are merged, everything else is replaced.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except FileNotFoundError:
            raise LahjaError(f"{path}: no such file") from None
        except yaml.YAMLError as error:
            raise LahjaError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
        merged = _merged(merged, entries)
    for pair in overrides:
        key, equals, value = pair.partition("=")
        if not equals:
            raise LahjaError(f"--config {pair}: expected key=value")
        merged = _merged(merged, {key: yaml.safe_load(value)})
    return merged


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        is_nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if is_nested else value
    return merged


def resolve(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with every default filled in, checked through and through.

    An entry of a catalogue (corpora, datasets, models, generators) that is null is removed.
    Raises `LahjaError` naming the key at fault.
    """
    schema = read_schema()
    resolved = deepcopy(dict(config))
    for catalogue in CATALOGUES:
        entries = resolved.get(catalogue)
        if isinstance(entries, dict):
            resolved[catalogue] = {k: v for k, v in entries.items() if v is not None}
    # YAML 1.1 reads the bare key `on` as true.
    for model in resolved.get("models", {}).values():
        if True in model:
            model["on"] = model.pop(True)
    _check_schema(resolved, schema)
    resolved = with_rounds(_with_defaults(resolved, schema, schema))
    evaluation = resolved["evaluation"]
    if isinstance(evaluation["translation"], str):
        evaluation["translation"] = [evaluation["translation"]]
    _check_references(resolved)
    return resolved


def _check_schema(config: dict[str, Any], schema: dict[str, Any]) -> None:
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise LahjaError(_one_line(error))


def _one_line(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = ", ".join(error.schema.get("properties", {}))
        unknown = [k for k in error.instance if k not in error.schema.get("properties", {})]
        where = ".".join(filter(None, [key, str(unknown[0])]))
        return f"config: unknown key {where}; expected one of {known}"
    return f"config: {key or 'the file'}: {error.message.splitlines()[0]}"


def _with_defaults(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    schema = _dereferenced(schema, root)
    if not isinstance(value, dict):
        return value
    schema = _chosen(schema, value)
    filled = dict(value)
    for key, inner in schema.get("properties", {}).items():
        inner = _dereferenced(inner, root)
        if key not in filled and "default" in inner:
            filled[key] = deepcopy(inner["default"])
        if key in filled:
            filled[key] = _with_defaults(filled[key], inner, root)
    entries = schema.get("additionalProperties")
    if isinstance(entries, dict):
        for key in filled.keys() - schema.get("properties", {}).keys():
            filled[key] = _with_defaults(filled[key], entries, root)
    return filled


def _dereferenced(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rsplit("/", 1)[-1]
    return {**root["$defs"][name], **{k: v for k, v in schema.items() if k != "$ref"}}


def _chosen(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return the alternative of a `oneOf` that the value's `kind` names."""
    for alternative in schema.get("oneOf", []):
        if alternative["properties"]["kind"]["const"] == value["kind"]:
            return alternative
    return schema


def _check_references(config: dict[str, Any]) -> None:
    """Refuse names that nothing in the configuration bears."""
    for code in config["dialects"]:
        if code not in DIALECTS:
            raise LahjaError(f"config: dialects: unknown dialect {code!r}; expected {DIALECTS}")
    for code in config["sampling"]["per_dialect"]:
        get_variety(code)
    expect_interpreter(config["vllm"])
    graph = ModelGraph(config["models"], config["datasets"])
    for key, name, known in _references(config):
        if name not in known:
            raise LahjaError(f"config: {key}: {name!r} is not among {', '.join(known) or 'none'}")
    for key in ("classifier", "translator"):
        graph[config["preferences"][key]]
    for name, dataset in config["datasets"].items():
        if dataset["kind"] == "preferences":
            _check_preferences(f"datasets.{name}", dataset)
    for name, generator in config["generators"].items():
        if generator["backend"] == "openai":
            check_service(name, generator)
            parse_server(name, generator.get("model"), generator["base_url"], generator["request"])


def _check_preferences(key: str, dataset: dict[str, Any]) -> None:
    for name in ("directions", "negatives", "pairs_per_dialect"):
        if name in dataset and dataset["objective"] != "gated":
            raise LahjaError(f"config: {key}.{name}: only where the objective is 'gated'")
    for name in ("per_direction", "dialect_weight", "least_margin", "least_length_ratio"):
        if name in dataset and dataset["objective"] != "ranked":
            raise LahjaError(f"config: {key}.{name}: only where the objective is 'ranked'")
    if dataset["objective"] == "ranked" and "policy" not in dataset:
        raise LahjaError(f"config: {key}.policy: a ranked dataset needs the model that it samples")
    for name in ("directions", "negatives"):
        if name in dataset and not any(dataset[name].values()):
            raise LahjaError(f"config: {key}.{name}: expected a share above 0")
    if "pairs_per_dialect" in dataset and "directions" not in dataset:
        raise LahjaError(f"config: {key}.pairs_per_dialect: only where there are directions")


def _references(config: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    corpora = list(config["corpora"])
    in_use = config["corpora_in_use"]
    # A way of decoding is evaluated, and does nothing else.
    models = [name for name, model in config["models"].items() if not model["decoding"]]
    evaluation, prompts = config["evaluation"], config["prompts"]
    yield from (("corpora_in_use", name, corpora) for name in in_use)
    yield from (("evaluation.zero_shot", name, models) for name in evaluation["zero_shot"])
    yield from (("evaluation.prompts", name, in_use) for name in evaluation["prompts"])
    evaluated = [name for name, model in config["models"].items() if model["evaluate"]]
    rated = evaluation["human"]["models"]
    yield from (("evaluation.human.models", name, evaluated) for name in rated)
    yield from (("evaluation.translation", name, in_use) for name in evaluation["translation"])
    yield "prompts.templates", prompts["templates"], in_use
    kinds = list(config["sampling"]["kinds"])
    yield from (("prompts.template_kinds", kind, kinds) for kind in prompts["template_kinds"])
    preferences, generators = config["preferences"], config["generators"]
    yield "preferences.classifier", preferences["classifier"], models
    yield "preferences.translator", preferences["translator"], models
    yield "preferences.gold_generator", preferences["gold_generator"], list(generators)
    for name, generator in generators.items():
        if generator["backend"] in ("transformers", "vllm"):
            yield f"generators.{name}.model", generator.get("model", ""), models
        if generator["backend"] == "recorded":
            yield f"generators.{name}.corpus", generator.get("corpus", ""), in_use
    if study := config["study"]:
        for row, own in study["rows"].items():
            yield from ((f"study.rows.{row}", name, evaluated) for name in own)
        for key in ("start", "baseline", "recipe"):
            yield f"study.{key}", study[key], list(study["rows"])
    for dialect in config["dialects"]:
        yield "sampling.per_dialect", dialect, list(config["sampling"]["per_dialect"])


def documentation(schema: dict[str, Any]) -> str:
    """Return the table of all keys as Markdown, in the schema's order."""
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    lines.extend(_rows(schema, schema, ""))
    return "\n".join(lines) + "\n"


def _rows(schema: dict[str, Any], root: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, inner in schema.get("properties", {}).items():
        inner = _dereferenced(inner, root)
        name = f"{prefix}{key}"
        yield _row(name, inner)
        yield from _rows(inner, root, f"{name}.")
        entries = inner.get("additionalProperties")
        if isinstance(entries, dict):
            yield from _rows(entries, root, f"{name}.<name>.")
            for alternative in entries.get("oneOf", []):
                kind = alternative["properties"]["kind"]["const"]
                rest = {k: v for k, v in alternative["properties"].items() if k != "kind"}
                yield from _rows({"properties": rest}, root, f"{name}.<{kind}>.")


def _row(name: str, schema: dict[str, Any]) -> str:
    default = schema.get("default", "")
    if default != "" and not (isinstance(default, dict) and not default):
        default = f"`{yaml.safe_dump(default, default_flow_style=True, width=1000).strip()}`"
        default = default.replace("\n...", "")
    elif isinstance(default, dict):
        default = ""
    meaning = schema.get("description", "").replace("|", r"\|")
    return f"| `{name}` | {_type_name(schema)} | {default} | {meaning} |"


def _type_name(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    kind = schema.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else kind
