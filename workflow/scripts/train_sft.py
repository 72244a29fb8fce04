"""Fine-tune a LoRA adapter on examples, the loss on the completions."""

from pathlib import Path

from lahja.core.command import run


def main(
    root: Path,
    data: Path,
    settings: dict,
    work: Path,
    output: Path,
    adapter: Path | None = None,
    record: dict | None = None,
    gpus: int = 1,
    report_to: str = "none",
    curves: Path | None = None,
) -> None:
    """Learn DATA, EXAMPLES, from a base model or its adapter; an interrupted run resumes from WORK.

    GPUS processes share the examples of each update, one GPU each.
    """
    from lahja.training.adapters import AdapterRun
    from lahja.training.distributed import in_processes
    from lahja.training.sft import train_sft

    step = AdapterRun(root, adapter, data, settings, work, output, record or {}, report_to, curves)
    in_processes(max(1, gpus), lambda: train_sft(step))


if __name__ == "__main__":
    run(main)
