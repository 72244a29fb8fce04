"""How long work takes on a machine of known or assumed speed (a roofline with a floor).

A forward pass takes the longest of three: its operations at the reached share of the peak, the
reading of the weights at the reached share of the bandwidth, and the launching of its layers.
"""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import yaml

from lahja.errors import LahjaError
from lahja.planning.checkpoints import Shape
from lahja.planning.work import Decoding, Download, Part, Reading, Requests, Rows, Training, Work
from lahja.settings import parse_settings


@dataclass(frozen=True)
class Rates:
    """A machine's speeds; units are in the names, sources in the file."""

    matrix_flops: float
    memory_bytes_per_second: float
    matrix_share: float
    memory_share: float
    seconds_per_layer: float
    second_gpu_gain: float
    start_seconds: float
    load_bytes_per_second: float
    rows_per_second: float
    script_seconds: float
    download_bytes_per_second: float
    request_seconds: float
    batch_api_seconds: float


Values = TypeVar("Values")


def read_sourced(path: Path, kind: type[Values]) -> tuple[Values, dict[str, str]]:
    """Read a YAML file of `name: {value, source}`; return the values and where each is from.

    A value without a source raises `LahjaError`: an estimate must say what it rests on.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        pairs = {name: (entry["value"], entry["source"]) for name, entry in entries.items()}
    except FileNotFoundError:
        raise LahjaError(f"{path}: no such file") from None
    except (AttributeError, KeyError, TypeError, yaml.YAMLError) as error:
        raise LahjaError(f"{path}: expected `name: {{value, source}}` ({error})") from None
    try:
        values = parse_settings(kind, {name: value for name, (value, _) in pairs.items()})
    except LahjaError as error:
        raise LahjaError(f"{path}: {error}") from None
    for field in fields(kind):
        if not getattr(values, field.name) > 0:
            raise LahjaError(f"{path}: {field.name}: expected a number above 0")
    return values, {name: source for name, (_, source) in pairs.items()}


def start_seconds(work: Work, rates: Rates) -> float:
    """Return the seconds before a job's work begins: imports, and loading its model."""
    if work.loads is None:
        return rates.script_seconds
    return rates.start_seconds + work.loads.weight_bytes / rates.load_bytes_per_second


def work_seconds(work: Work, rates: Rates) -> float:
    """Return the seconds of a job's work itself."""
    return sum(_seconds(part, rates) for part in work.parts)


def pass_seconds(shape: Shape, tokens: float, rates: Rates) -> float:
    """Return the seconds of one forward pass over a batch of so many tokens."""
    operations = 2 * shape.parameters * tokens / (rates.matrix_flops * rates.matrix_share)
    reading = shape.weight_bytes / (rates.memory_bytes_per_second * rates.memory_share)
    return max(operations, reading, shape.layers * rates.seconds_per_layer)


def _seconds(part: Part, rates: Rates) -> float:
    match part:
        case Training():
            return _training(part, rates)
        case Decoding():
            return _decoding(part, rates)
        case Reading():
            batches = part.texts / part.batch
            return batches * pass_seconds(part.shape, part.batch * part.tokens, rates)
        case Rows():
            return part.rows / rates.rows_per_second
        case Download():
            return part.size / rates.download_bytes_per_second
        case Requests(is_batch=True):
            return rates.batch_api_seconds
        case Requests():
            return part.requests * rates.request_seconds / part.concurrent


def _training(part: Training, rates: Rates) -> float:
    batches = part.examples * part.epochs / part.batch
    one = part.passes * pass_seconds(part.shape, part.batch * part.tokens, rates)
    return batches * one / _speedup(part.gpus, rates)


def _speedup(gpus: int, rates: Rates) -> float:
    return 1 + (gpus - 1) * rates.second_gpu_gain


def _decoding(part: Decoding, rates: Rates) -> float:
    batches = math.ceil(part.prompts / part.batch)
    prefill = pass_seconds(part.shape, part.batch * part.prompt_tokens, rates)
    # Keys and values of all that was said so far are read at each step, in bf16.
    context = part.prompt_tokens + part.new_tokens / 2
    cache = 4 * part.shape.layers * part.shape.key_value * part.batch * context
    step = pass_seconds(part.shape, part.batch, rates)
    step += cache / (rates.memory_bytes_per_second * rates.memory_share)
    return batches * (prefill + part.new_tokens * step) / _speedup(part.gpus, rates)
