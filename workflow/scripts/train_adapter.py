"""Train a LoRA adapter: by examples (`sft`), preference pairs (`dpo`) or rewards (`grpo`)."""

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
    reward: dict | None = None,
    validation: Path | None = None,
    parallel: Path | None = None,
    aldi: Path | None = None,
    country: Path | None = None,
    language: Path | None = None,
) -> None:
    """Learn DATA from a base model or its adapter; an interrupted run resumes from WORK.

    GPUS processes share the examples of each update, one GPU each. Of several tables, which are
    EXAMPLES, the settings have the `weights`. Answers to PROMPTS are rewarded by the scorers'
    folders and REWARD (precision, limits of gates, perhaps dialects); what VALIDATION and PARALLEL
    hold out is not answered.
    """
    from lahja.core.files import digest_of_file
    from lahja.core.tables import EXAMPLES, read_table
    from lahja.training.adapters import AdapterRun
    from lahja.training.distributed import in_processes
    from lahja.training.example_data import mixture

    def train() -> None:
        """Take the step, as one of the processes."""
        match step:
            case "sft":
                from lahja.training.sft import train_sft

                train_sft(own, examples, **identity)
            case "dpo":
                from lahja.training.dpo import train_dpo

                train_dpo(own)
            case "grpo":
                from lahja.preferences.reinforcement import train_by_reward

                scorers = {"aldi": aldi, "country": country, "language": language}
                train_by_reward(own, parallel, validation, scorers, **reward)

    examples, identity, weights = None, {}, settings.pop("weights", [])
    if weights:
        tables = [read_table(path, EXAMPLES) for path in data]
        examples = mixture(tables, weights, settings.get("seed", 0))
        identity = {"mixture": [*map(digest_of_file, data), *weights]}
    own = AdapterRun(
        root, adapter, data[0], settings, work, output, record or {}, report_to, curves
    )
    in_processes(max(1, gpus), train)


if __name__ == "__main__":
    run(main)
