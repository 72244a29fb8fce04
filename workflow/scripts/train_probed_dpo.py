"""Train a LoRA adapter on preference pairs, and translate a few sentences along the way.

Apart from train_dpo, so that an edit to the metrics retrains only what they decide.
"""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    pairs: Path,
    settings: dict,
    work: Path,
    output: Path,
    probe: list[Path],
    adapter: Path | None = None,
    record: dict | None = None,
    threads: int | None = None,
    processes: int = 1,
    report_to: str = "none",
    curves: Path | None = None,
) -> None:
    """Learn PAIRS as train_dpo does.

    PROBE are the sentences (EXAMPLES) that are translated, and the folders of three scorers that
    judge them: ALDi, country, language.
    """
    from lahja.training.dpo import train_dpo
    from lahja.training.lora import AdapterRun
    from lahja.training.probe_scores import ProbeFiles
    from lahja.training.probing import probe_of
    from lahja.training.processes import in_processes

    step = AdapterRun(
        root, adapter, pairs, settings, work, output, record or {}, threads, report_to, curves
    )
    watch = probe_of(step, ProbeFiles(*probe))
    in_processes(processes, lambda: train_dpo(step, watch))


if __name__ == "__main__":
    run(main)
