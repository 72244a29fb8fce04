"""Let one model answer each of the prompts that it is evaluated on several times."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: list[Path],
    generator: dict,
    samples: int,
    store: Path,
    output: Path,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
    gpus: int = 1,
) -> None:
    """Write SAMPLED_RESPONSES to all tables of EVALUATION_PROMPTS together."""
    import pandas as pd

    from lahja.generation.answering import respond_often
    from lahja.generation.generators import open_backend, parse_generator
    from lahja.tables import EVALUATION_PROMPTS, SAMPLED_RESPONSES, read_table, write_table

    settings = parse_generator(generator)
    backend = open_backend(settings, root, adapter, threads, gpus)
    rows = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    found = respond_often(rows, settings.name, settings.sampling, backend, store, samples)
    write_table(output, found, SAMPLED_RESPONSES)


if __name__ == "__main__":
    run(main)
