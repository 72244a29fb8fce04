"""Make the model that lies between two models of one root."""

from pathlib import Path

from lahja.core.command import run


def main(
    root: Path,
    end: Path,
    weight: float,
    output: Path,
    start: Path | None = None,
    record: dict | None = None,
) -> None:
    """Write the model folder WEIGHT of the way from START (the bare root without one) to END."""
    from lahja.core.files import atomic_path
    from lahja.models.folder import ADAPTER, adapter_of, write_adapter_record
    from lahja.models.interpolation import interpolate_adapters

    with atomic_path(output) as folder:
        first = adapter_of(start) if start else None
        interpolate_adapters(first, adapter_of(end), weight, folder / ADAPTER)
        write_adapter_record(folder, root, start, record or {})


if __name__ == "__main__":
    run(main)
