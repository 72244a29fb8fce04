"""Generators: which backend their settings name."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lahja.core.errors import LahjaError
from lahja.core.settings import parse_settings
from lahja.generation.backend import Backend, Sampling


@dataclass(frozen=True)
class Generator:
    """A generator as the config describes it; `folders` are those of recorded answers.

    `model`, `base_url`, `request` and `server` are a server's: see `lahja.generation.server`.
    """

    name: str
    backend: str = "transformers"
    sampling: Sampling = field(default_factory=Sampling)
    batch: int = 64
    precision: str | None = None
    chat_template: bool = True
    system_prompt: str | None = None
    folders: tuple[str, ...] = ()
    model: str | None = None
    base_url: str | None = None
    request: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)


def parse_generator(values: dict[str, Any], server: dict[str, Any] | None = None) -> Generator:
    """Return a generator from JSON; raise `LahjaError` naming a key that is wrong."""
    sampling = parse_settings(Sampling, values.get("sampling") or {})
    return parse_settings(Generator, {**values, "sampling": sampling, "server": server or {}})


def sampling_of(generator: Generator, root: Path | None) -> Sampling:
    """Return how a generator's answers are drawn: without a temperature, as the model's own is.

    That is what its generation configuration says, but for a penalty on repetition that is given;
    what it leaves open is transformers' default.
    """
    if generator.sampling.temperature is not None:
        return generator.sampling
    if root is None:
        raise LahjaError(f"generator {generator.name}: only a checkpoint has a decoding of its own")
    from lahja.models.folder import load_generation_config

    own = load_generation_config(root)
    penalty = generator.sampling.repetition_penalty or own.repetition_penalty or 1.0
    if not own.do_sample:
        return replace(generator.sampling, temperature=0.0, repetition_penalty=penalty)
    values = {"temperature": 1.0, "top_p": 1.0, "top_k": 50}
    values |= {k: getattr(own, k) for k in values if getattr(own, k) is not None}
    return replace(generator.sampling, **values, repetition_penalty=penalty)


def open_backend(
    generator: Generator, root: Path | None = None, adapter: Path | None = None, gpus: int = 1
) -> Backend:
    """Return the generator's backend; `gpus` is how many the vllm backend spreads a model over."""
    name, kind, precision = generator.name, generator.backend, generator.precision
    if kind == "recorded":
        from lahja.generation.recorded import RecordedBackend

        return RecordedBackend([*map(Path, generator.folders)])
    if kind == "openai":
        from lahja.generation.openai_backend import OpenAIBackend
        from lahja.generation.server import parse_server

        own = {key: getattr(generator, key) for key in ("model", "base_url", "request")}
        return OpenAIBackend(name, parse_server(own | generator.server))
    if root is None:
        raise LahjaError(f"generator {name}: backend {kind} needs --root")
    if kind == "vllm":
        from lahja.generation.vllm_backend import VllmBackend

        return VllmBackend(root, adapter, precision, gpus, generator.chat_template)
    from lahja.generation.transformers_backend import TransformersBackend

    return TransformersBackend(root, adapter, generator.batch, precision, generator.chat_template)
