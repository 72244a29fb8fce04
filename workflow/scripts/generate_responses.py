"""Let one generator, or a model that is trained or evaluated, answer tables of prompts."""

from pathlib import Path

from lahja.core.command import run


def main(
    prompts: list[Path],
    generator: dict,
    store: Path,
    output: Path,
    root: Path | None = None,
    adapter: Path | None = None,
    server: dict | None = None,
    gpus: int = 1,
    samples: int = 0,
    greedy_first: bool = False,
    dialects: list[str] = [],  # noqa: B006, the command line's default, never changed
    evaluation: bool = False,
    examples: Path | None = None,
) -> None:
    """Write GENERATIONS to PROMPTS; answers that the store holds already are not asked again.

    --evaluation: to EVALUATION_PROMPTS, which are not asked dialect by dialect. EXAMPLES go before
    those of their task and direction.

    SERVER is how a server is asked: its key's variable, limits, prices, budget. SAMPLES: so many
    draws to each prompt, 0 is one answer with the generator's own seed. --greedy-first: the first
    of them is the greedy answer, in which a model's repetitions are. DIALECTS: whose prompts alone
    are asked, where any is named.
    """
    import pandas as pd

    from lahja.core.tables import (
        EVALUATION_PROMPTS,
        GENERATIONS,
        PROMPTS,
        WEIGHED_GENERATIONS,
        read_table,
        write_table,
    )
    from lahja.generation.answering import respond, with_examples
    from lahja.generation.generators import open_backend, parse_generator, sampling_of
    from lahja.prompts.wordings import with_system_prompt

    settings = parse_generator(generator, server)
    backend = open_backend(settings, root, adapter, gpus)
    schema = EVALUATION_PROMPTS if evaluation else PROMPTS
    rows = pd.concat([read_table(path, schema) for path in prompts], ignore_index=True)
    if dialects:
        rows = rows[rows["dialect"].isin(dialects)]
    if examples:
        rows = with_examples(rows, read_table(examples, EVALUATION_PROMPTS))
    if settings.system_prompt:
        rows = with_system_prompt(rows, settings.system_prompt)
    sampling = sampling_of(settings, root)
    found = respond(rows, settings.name, sampling, backend, store, samples, greedy_first)
    write_table(output, found, WEIGHED_GENERATIONS if sampling.with_probability else GENERATIONS)


if __name__ == "__main__":
    run(main)
