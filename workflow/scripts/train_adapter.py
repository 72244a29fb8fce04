"""Train a LoRA adapter: supervised (`sft`) on examples, or on preference pairs (`dpo`)."""

from pathlib import Path

from lahja.core.command import run


def main(
    step: str,
    root: Path,
    data: list[Path],
    settings: dict,
    work: Path,
    output: Path,
    adapter: Path | None = None,
    record: dict | None = None,
    gpus: int = 1,
    report_to: str = "none",
    curves: Path | None = None,
) -> None:
    """Learn DATA from a base model or its adapter; an interrupted run resumes from WORK.

    GPUS processes share the examples of each update, one GPU each. Of several tables, which are
    EXAMPLES, the settings have the `weights`.
    """
    from lahja.training.adapters import AdapterRun
    from lahja.training.distributed import in_processes
    from lahja.training.dpo import train_dpo
    from lahja.training.mixtures import mixed
    from lahja.training.sft import train_sft

    train = {"sft": train_sft, "dpo": train_dpo}[step]
    weights, seed = settings.pop("weights", []), settings.get("seed", 0)
    with mixed(data, weights, seed, work) as table:
        own = AdapterRun(
            root, adapter, table, settings, work, output, record or {}, report_to, curves
        )
        in_processes(max(1, gpus), lambda: train(own))


if __name__ == "__main__":
    run(main)
