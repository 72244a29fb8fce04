"""Let a model answer the training prompts several times, to learn from its own answers."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: Path,
    generator: dict,
    samples: int,
    store: Path,
    output: Path,
    root: Path | None = None,
    adapter: Path | None = None,
    threads: int | None = None,
    gpus: int = 1,
    greedy_first: bool = False,
) -> None:
    """Write RESPONSES to PROMPTS, each sample as if from a generator of its own, `<model>#<n>`.

    --greedy-first: the first is the greedy answer, in which a model's loops are.
    """
    from lahja.generation.answering import respond_often
    from lahja.generation.generators import open_backend, parse_generator
    from lahja.tables import PROMPTS, RESPONSES, read_table, write_table

    settings = parse_generator(generator)
    backend = open_backend(settings, root, adapter, threads, gpus)
    rows = read_table(prompts, PROMPTS)
    how = (settings.sampling, backend, store, samples, greedy_first)
    found = respond_often(rows, settings.name, *how)
    numbered = found["generator"] + "#" + found["sample"].astype(str)
    write_table(output, found.assign(generator=numbered), RESPONSES)


if __name__ == "__main__":
    run(main)
