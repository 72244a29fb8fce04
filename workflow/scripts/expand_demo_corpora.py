"""Expand the hand-written frames of the demo into corpora in the real corpora's layouts."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.settings import parse_settings
from lahja.demo.corpora import Settings, build_demo


def main(source: Path, settings: dict, output: Path) -> None:
    """Fill the frames of SOURCE and write the corpora below OUTPUT."""
    build_demo(source, parse_settings(Settings, settings), output)


if __name__ == "__main__":
    run(main)
