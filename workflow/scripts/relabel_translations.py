"""Label the translations of mismatching responses, to see whether they match now."""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    prompts: Path,
    translations: Path,
    dialect: str,
    settings: dict,
    output: Path,
    adapter: Path | None = None,
    threads: int | None = None,
) -> None:
    """Write CANDIDATES of origin "translated" for the prompts of one dialect."""
    from lahja.labelling import label_table, parse_labeller

    labeller = parse_labeller(root, adapter, settings, threads)
    label_table(labeller, prompts, [translations], dialect, "translated", output)


if __name__ == "__main__":
    run(main)
