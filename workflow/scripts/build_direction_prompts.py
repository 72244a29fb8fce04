"""Ask for training sentences of each dialect, with or without a known translation."""

from pathlib import Path

from lahja.core.command import run


def main(
    parallel: Path,
    dialects: list[str],
    settings: dict,
    output: Path,
    sentences: Path | None = None,
) -> None:
    """Write PROMPTS whose kinds are their directions. Settings: number, seed.

    Of PARALLEL in all four directions; with SENTENCES, of those that are not in PARALLEL.
    """
    from lahja.core.tables import PARALLEL, PROMPTS, SENTENCES, read_table, write_table
    from lahja.preferences.directions import direction_prompts, sentence_prompts

    pairs = read_table(parallel, PARALLEL)
    if sentences:
        table = sentence_prompts(read_table(sentences, SENTENCES), pairs, dialects, **settings)
    else:
        table = direction_prompts(pairs, dialects, **settings)
    write_table(output, table, PROMPTS)


if __name__ == "__main__":
    run(main)
