"""Let one generator answer a table of prompts."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: Path,
    generator: dict,
    store: Path,
    output: Path,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
    service: dict | None = None,
    gpus: int = 1,
) -> None:
    """Write RESPONSES to PROMPTS; answers that the store holds already are not asked again.

    SERVICE is how a server is asked: its key's variable, limits, prices, budget.
    """
    from lahja.generation.answering import respond
    from lahja.generation.generators import open_backend, parse_generator
    from lahja.tables import PROMPTS, RESPONSES, read_table, write_table

    settings = parse_generator(generator, service)
    backend = open_backend(settings, root, adapter, threads, gpus)
    rows = read_table(prompts, PROMPTS)
    responses = respond(rows, settings.name, settings.sampling, backend, store)
    write_table(output, responses, RESPONSES)


if __name__ == "__main__":
    run(main)
