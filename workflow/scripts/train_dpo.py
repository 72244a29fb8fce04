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
    probe: Path | None = None,
    aldi: Path | None = None,
    country: Path | None = None,
    language: Path | None = None,
) -> None:
    """Learn PAIRS from a root, or from its adapter on; an interrupted run goes on from work.

    PROCESSES share the examples of each update, one GPU each. PROBE holds the sentences that are
    translated along the way where the settings ask for it, the three scorers judge them.
    """
    from lahja.training.dpo import train_dpo
    from lahja.training.lora import AdapterRun
    from lahja.training.probe_scores import ProbeFiles
    from lahja.training.processes import in_processes

    step = AdapterRun(
        root, adapter, pairs, settings, work, output, record or {}, threads, report_to, curves
    )
    files = ProbeFiles(probe, aldi, country, language) if probe else None
    in_processes(processes, lambda: train_dpo(step, files))


if __name__ == "__main__":
    run(main)
