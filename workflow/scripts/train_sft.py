"""Fine-tune a LoRA adapter on examples, the loss on the completions."""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    examples: Path,
    settings: dict,
    work: Path,
    output: Path,
    adapter: Path | None = None,
    record: dict | None = None,
    threads: int | None = None,
) -> None:
    """Learn EXAMPLES from a root, or from its adapter on; an interrupted run goes on from work."""
    from lahja.training.lora import AdapterRun
    from lahja.training.sft import train_sft

    train_sft(AdapterRun(root, adapter, examples, settings, work, output, record or {}, threads))


if __name__ == "__main__":
    run(main)
