"""Train a LoRA adapter on preference pairs by direct preference optimisation."""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    pairs: Path,
    settings: dict,
    work: Path,
    output: Path,
    adapter: Path | None = None,
    record: dict | None = None,
    threads: int | None = None,
    processes: int = 1,
    report_to: str = "none",
    curves: Path | None = None,
) -> None:
    """Learn PAIRS from a root, or from its adapter on; an interrupted run goes on from work.

    PROCESSES share the examples of each update, one GPU each.
    """
    from lahja.training.dpo import train_dpo
    from lahja.training.lora import AdapterRun
    from lahja.training.processes import in_processes

    step = AdapterRun(
        root, adapter, pairs, settings, work, output, record or {}, threads, report_to, curves
    )
    in_processes(processes, lambda: train_dpo(step))


if __name__ == "__main__":
    run(main)
