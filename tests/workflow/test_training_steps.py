"""Plans of what `sft` learns from beside the paper's datasets."""

import pytest

pytestmark = pytest.mark.workflow

STEPS = """
datasets:
  texts: {kind: text, per_variety: 50}
  texts-egy: {kind: text, varieties: [egy, msa]}
  translation-egy: {kind: translation, variant: clean, dialects: [egy]}
  both: {kind: mixture, of: {translation-aug: 1, texts: 0.3}}
  best: {kind: best, policy: start, samples: 3, per_direction: 7}
  mbr: {kind: mbr, policy: llama-T, samples: 3, per_direction: 7, dialect_weight: 0, sources: monolingual}
models:
  llama-T+mbr: {from: llama-T, train: sft, on: mbr}
  llama-T+best: {from: llama-T, train: sft, on: best, iterations: 2}
  llama-both: {from: llama, train: sft, on: both}
  llama-texts: {from: llama, train: sft, on: texts}
  llama-texts-egy: {from: llama-texts, train: sft, on: texts-egy}
  llama-egy: {from: llama-texts, train: sft, on: translation-egy}
"""


def test_each_kind_of_data_is_planned_where_a_model_learns_from_it(fresh, tmp_path):
    (tmp_path / "steps.yaml").write_text(STEPS)
    demo = ("-n", "-p", "--cores", "2", "--configfile", "config/demo.yaml")
    plain, more = (
        fresh.snakemake(*demo, *files) for files in ((), (str(tmp_path / "steps.yaml"),))
    )
    assert more.returncode == 0, more.stdout[-3000:]
    # Nothing that was planned before is planned otherwise, but for what shows all models.
    said = [line for line in plain.stdout.splitlines() if "workflow/scripts/train_" in line]
    assert said and {*said} <= {*more.stdout.splitlines()}
    commands = [
        line for line in more.stdout.splitlines() if "build_examples.py --kind text" in line
    ]
    assert any(
        '"per_variety":50' in line and '["egy","mar","pse","sau","syr"]' in line
        for line in commands
    )
    assert any('"varieties":["egy","msa"]' in line for line in commands)
    assert '"dialects":["egy"]' in more.stdout
    (mixed,) = [
        line
        for line in more.stdout.splitlines()
        if "--output results/demo/models/llama-both " in line
    ]
    tables = "results/demo/training/texts.parquet results/demo/training/translation-aug.parquet"
    assert f"--data {tables} " in mixed and '"weights":[0.3,1]' in mixed


def test_iterations_on_the_best_of_samples_are_planned(fresh, tmp_path):
    (tmp_path / "steps.yaml").write_text(STEPS)
    files = ("config/demo.yaml", str(tmp_path / "steps.yaml"))
    done = fresh.snakemake("-n", "-p", "--cores", "2", "--configfile", *files)
    first, second = (
        "llama-T.3/directions.7.parquet",
        "llama-T+best-iteration-1.3/directions.7.parquet",
    )
    said = [line for line in done.stdout.splitlines() if "build_pairs.py" in line]
    best = [line for line in said if "--kind best" in line]
    for samples, dataset in (
        (first, "best-of-llama-T"),
        (second, "best-of-llama-T+best-iteration-1"),
    ):
        (command,) = [line for line in best if f"results/demo/policies/{samples} " in line]
        assert f"--output results/demo/training/{dataset}.parquet" in command
        assert "results/demo/scorers/selecting_aldi" in command
        # The report shows the funnel.
        (report,) = [line for line in done.stdout.splitlines() if "build_report.py" in line]
        assert f"results/demo/training/{dataset}/funnel.parquet" in report
    # What is chosen by agreement alone needs no scorer, but sentences without a translation.
    (command,) = [line for line in said if "--kind mbr" in line]
    for table in ("directions.7", "sentences.7"):
        assert f"results/demo/policies/llama-T.3/{table}.parquet" in command
    assert "selecting" not in command and "--gpus 0" in command
    assert done.stdout.count("rule build_sentence_prompts:") == 1
