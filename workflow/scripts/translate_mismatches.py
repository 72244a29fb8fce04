"""Translate responses that are not in the wanted dialect into it."""

from pathlib import Path

from lahja.core.command import run


def main(
    candidates: Path,
    generator: dict,
    store: Path,
    output: Path,
    root: Path,
    adapter: Path | None = None,
    gpus: int = 1,
) -> None:
    """Write GENERATIONS, the translations, each under its candidate's prompt and generator."""
    from lahja.core.tables import CANDIDATES, GENERATIONS, read_table, write_table
    from lahja.generation.generators import open_backend, parse_generator
    from lahja.preferences.labelling import translate_mismatches

    settings = parse_generator(generator)
    backend = open_backend(settings, root, adapter, gpus)
    labelled = read_table(candidates, CANDIDATES)
    how = (settings.sampling, backend, store, settings.system_prompt or "")
    translations = translate_mismatches(labelled, *how)
    write_table(output, translations, GENERATIONS)


if __name__ == "__main__":
    run(main)
