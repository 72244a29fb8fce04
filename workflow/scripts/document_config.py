"""Write the table of all configuration keys into config/README.md."""

from pathlib import Path

from lahja.command import run
from lahja.configuration import documentation, read_schema
from lahja.files import write_text

INTRODUCTION = """# Configuration

`config.yaml` is the paper's recipe. `demo.yaml` and `real.yaml` state only how they differ from it:
Snakemake merges them over it, key by key, and a list replaces a list. An entry of a catalogue
(corpora, datasets, models, generators) that is set to `null` is gone.

This table is made from `workflow/schemas/config.schema.yaml` by `make docs`.

"""


def main(output: Path) -> None:
    """Write introduction and table."""
    write_text(output, INTRODUCTION + documentation(read_schema()))


if __name__ == "__main__":
    run(main)
