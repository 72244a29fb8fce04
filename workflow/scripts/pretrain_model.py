"""Pretrain a small chat model from scratch, to stand in for an LLM."""

from pathlib import Path

from lahja.command import run


def main(
    examples: Path,
    settings: dict,
    work: Path,
    output: Path,
    record: dict | None = None,
    threads: int | None = None,
) -> None:
    """Learn EXAMPLES; an interrupted run goes on from the work folder."""
    from lahja.training.pretrain import pretrain

    pretrain(examples, settings, work, output, record, threads)


if __name__ == "__main__":
    run(main)
