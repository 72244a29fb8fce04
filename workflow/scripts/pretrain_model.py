"""Pretrain a small chat model from scratch, to stand in for an LLM."""

from pathlib import Path

from lahja.core.command import run


def main(
    examples: Path,
    settings: dict,
    output: Path,
    record: dict | None = None,
) -> None:
    """Learn EXAMPLES, and write the model's folder."""
    from lahja.demo.language_models import pretrain

    pretrain(examples, settings, output, record)


if __name__ == "__main__":
    run(main)
