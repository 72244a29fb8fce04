"""Let one model answer the prompts that it is evaluated on."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: list[Path],
    generator: dict,
    store: Path,
    output: Path,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
    gpus: int = 1,
) -> None:
    """Write RESPONSES to all tables of EVALUATION_PROMPTS together, the generator the model."""
    import pandas as pd

    from lahja.generation.answering import respond
    from lahja.generation.generators import open_backend, parse_generator
    from lahja.tables import EVALUATION_PROMPTS, RESPONSES, read_table, write_table

    settings = parse_generator(generator)
    backend = open_backend(settings, root, adapter, threads, gpus)
    rows = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    responses = respond(rows, settings.name, settings.sampling, backend, store)
    write_table(output, responses, RESPONSES)


if __name__ == "__main__":
    run(main)
