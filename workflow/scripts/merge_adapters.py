"""Merge the adapters of several models of one root into one."""

from pathlib import Path

from lahja.core.command import run


def main(
    root: Path, adapters: list[Path], settings: dict, output: Path, record: dict | None = None
) -> None:
    """Write the model folder of ROOT with what the models' ADAPTERS add by weight.

    Settings: weights (of the adapters, in their order), method, density, seed. A model without an
    adapter adds nothing and is not given.
    """
    from lahja.core.files import atomic_path
    from lahja.models.folder import ADAPTER, adapter_of, write_adapter_record
    from lahja.models.merging import merge_adapters

    with atomic_path(output) as folder:
        merge_adapters([*map(adapter_of, adapters)], output=folder / ADAPTER, **settings)
        write_adapter_record(folder, root, None, record or {})


if __name__ == "__main__":
    run(main)
