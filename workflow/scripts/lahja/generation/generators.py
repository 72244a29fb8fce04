"""Open the backend that a generator's settings name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.generation.backend import Backend, Sampling
from lahja.generation.recorded import RecordedBackend
from lahja.generation.transformers_backend import TransformersBackend
from lahja.settings import parse_settings

BACKENDS = ("transformers", "recorded")


@dataclass(frozen=True)
class Generator:
    """A generator as the config describes it; `folders` are those of recorded answers."""

    name: str
    backend: str = "transformers"
    sampling: Sampling = field(default_factory=Sampling)
    batch: int = 64
    precision: str | None = None
    folders: tuple[str, ...] = ()


def parse_generator(values: dict[str, Any]) -> Generator:
    """Return a generator from JSON; raise `LahjaError` naming a key that is wrong."""
    sampling = parse_settings(Sampling, values.get("sampling") or {})
    return parse_settings(Generator, {**values, "sampling": sampling})


def open_backend(
    generator: Generator,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
) -> Backend:
    """Return the generator's backend; raise `LahjaError` where there is none of its name."""
    if generator.backend == "recorded":
        return RecordedBackend([Path(folder) for folder in generator.folders])
    if generator.backend != "transformers":
        raise LahjaError(
            f"generator {generator.name}: backend {generator.backend!r} is not available, "
            f"expected one of {', '.join(BACKENDS)}"
        )
    if root is None:
        raise LahjaError(f"generator {generator.name}: the transformers backend needs --root")
    return TransformersBackend(
        root, adapter, batch=generator.batch, precision=generator.precision, threads=threads
    )
