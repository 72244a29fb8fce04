"""Translate responses that are not in the wanted dialect into it."""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    candidates: Path,
    dialect: str,
    settings: dict,
    store: Path,
    output: Path,
    adapter: Path | None = None,
    threads: int | None = None,
) -> None:
    """Write RESPONSES, the translations, each under its candidate's prompt and generator."""
    from lahja.generation.transformers_backend import TransformersBackend
    from lahja.labelling import TranslateSettings, translate_mismatches
    from lahja.settings import parse_settings
    from lahja.tables import CANDIDATES, RESPONSES, read_table, write_table

    options = parse_settings(TranslateSettings, settings)
    backend = TransformersBackend(
        root, adapter, batch=options.batch, precision=options.precision, threads=threads
    )
    frame = read_table(candidates, CANDIDATES)
    translations = translate_mismatches(frame, dialect, options, backend, store)
    write_table(output, translations, RESPONSES)


if __name__ == "__main__":
    run(main)
