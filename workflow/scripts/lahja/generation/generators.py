"""Open the backend that a generator's settings name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.generation.backend import Backend, Sampling
from lahja.generation.batch_api import BatchBackend
from lahja.generation.openai_backend import OpenAIBackend
from lahja.generation.recorded import RecordedBackend
from lahja.generation.service import parse_server, parse_service
from lahja.generation.transformers_backend import TransformersBackend
from lahja.generation.vllm_backend import VllmBackend
from lahja.settings import parse_settings

BACKENDS = ("transformers", "vllm", "recorded", "openai")


@dataclass(frozen=True)
class Generator:
    """A generator as the config describes it; `folders` are those of recorded answers.

    `model`, `base_url`, `request` and `service` are a server's: see `lahja.generation.service`.
    """

    name: str
    backend: str = "transformers"
    sampling: Sampling = field(default_factory=Sampling)
    batch: int = 64
    precision: str | None = None
    folders: tuple[str, ...] = ()
    model: str | None = None
    base_url: str | None = None
    request: dict[str, Any] = field(default_factory=dict)
    service: dict[str, Any] = field(default_factory=dict)


def parse_generator(values: dict[str, Any], service: dict[str, Any] | None = None) -> Generator:
    """Return a generator from JSON; raise `LahjaError` naming a key that is wrong."""
    sampling = parse_settings(Sampling, values.get("sampling") or {})
    return parse_settings(Generator, {**values, "sampling": sampling, "service": service or {}})


def open_backend(
    generator: Generator,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
    gpus: int = 1,
) -> Backend:
    """Return the generator's backend; raise `LahjaError` where there is none of its name.

    `gpus` is how many the vllm backend spreads a model over.
    """
    if generator.backend == "recorded":
        return RecordedBackend([Path(folder) for folder in generator.folders])
    if generator.backend == "openai":
        return _open_server(generator)
    if generator.backend not in BACKENDS:
        raise LahjaError(
            f"generator {generator.name}: backend {generator.backend!r} is not available, "
            f"expected one of {', '.join(BACKENDS)}"
        )
    if root is None:
        raise LahjaError(f"generator {generator.name}: backend {generator.backend} needs --root")
    if generator.backend == "vllm":
        return VllmBackend(root, adapter, precision=generator.precision, threads=threads, gpus=gpus)
    return TransformersBackend(
        root, adapter, batch=generator.batch, precision=generator.precision, threads=threads
    )


def _open_server(generator: Generator) -> Backend:
    name = generator.name
    server = parse_server(name, generator.model, generator.base_url, generator.request)
    service = parse_service(name, generator.service)
    return (BatchBackend if service.batch_api else OpenAIBackend)(name, server, service)
