"""What an edit makes stale, shown by dry runs after a whole demo run."""

import pytest

from tests.workflow.conftest import SOURCES, copy_checkout

pytestmark = pytest.mark.workflow

TRAINING = {"pretrain_model", "train_sft", "train_dpo", "train_small_aldi", "train_small_country"}


def rules(jobs):
    return {job.rule for job in jobs}


def test_nothing_changed_nothing_to_do(copy):
    assert copy.planned() == []


def test_results_copied_into_a_fresh_clone_are_taken_as_they_are(demo, tmp_path):
    clone = copy_checkout(demo.folder, tmp_path, "results/demo")
    for name in SOURCES:
        for path in [clone.folder / name, *(clone.folder / name).rglob("*")]:
            path.touch()
    assert clone.planned() == []


def test_a_comment_and_the_readme_rerun_nothing(copy):
    copy.edit("README.md", "lahja", "lahja lahja")
    with (copy.folder / "workflow/scripts/lahja/sampling.py").open("a") as file:
        file.write("\n# A remark.\n")
    assert copy.planned() == []


SCORING = {"score_sentences", "compute_metrics", "make_tables", "build_report"}


def test_a_metric_that_nothing_is_selected_by_reruns_scoring_and_reporting_only(copy):
    with (copy.folder / "workflow/scripts/lahja/metrics/slices.py").open("a") as file:
        file.write("\nEDITED = True\n")
    planned = rules(copy.planned())
    assert planned >= SCORING - {"score_sentences"}
    assert not planned & (TRAINING | {"generate_responses", "generate_evaluation", "build_pairs"})


def test_chrf_retrains_only_what_is_ranked_by_it(copy):
    with (copy.folder / "workflow/scripts/lahja/metrics/translation.py").open("a") as file:
        file.write("\nEDITED = True\n")
    jobs = copy.planned()
    assert rules(jobs) >= SCORING | {"build_ranked_pairs"}
    assert not rules(jobs) & {"generate_responses", "build_pairs"}
    trained = {job.wildcards for job in jobs if job.rule in TRAINING}
    assert trained == {"model=llama-T+rounds-round-1", "model=llama-T+rounds"}
    answering = {job.wildcards for job in jobs if job.rule == "generate_evaluation"}
    assert answering == trained | {"model=llama-T+lahja"}


def test_the_aldi_threshold_reruns_sampling_and_below_not_the_classifier(copy):
    copy.edit("config/config.yaml", "aldi_threshold: 0.36", "aldi_threshold: 0.3")
    jobs = copy.planned()
    assert {"sample_sentences", "build_prompts", "generate_responses"} <= rules(jobs)
    assert not rules(jobs) & {"pretrain_model", "train_sft", "build_classifier_data"}


def test_one_dialects_sample_size_reruns_its_generations_only(copy):
    copy.edit("config/demo.yaml", "{egy: 100, mar: 100", "{egy: 100, mar: 90")
    jobs = copy.planned()
    generations = [job for job in jobs if job.rule in ("sample_sentences", "generate_responses")]
    assert generations
    assert all("dialect=mar" in job.wildcards for job in generations)
    assert "train_sft" not in rules(jobs)


def test_another_seed_for_one_model_retrains_it_and_its_children(copy):
    copy.edit(
        "config/demo.yaml",
        "settings: {architecture: qwen3, epochs: 1.5}",
        "settings: {architecture: qwen3, epochs: 1}",
    )
    jobs = copy.planned()
    trained = {job.wildcards for job in jobs if job.rule in TRAINING}
    assert trained == {"model=qwen3", "model=qwen3-T"}


# What tells how a run was made; it follows the configuration.
RECORD = {"record_run", "record_rules", "build_report"}


def test_another_number_of_gpus_retrains_nothing(copy):
    copy.edit("config/demo.yaml", "  dpo: {", "  dpo: {gpu: 2, ")
    assert rules(copy.planned()) == RECORD


def test_watching_a_training_retrains_nothing(copy):
    copy.edit(
        "config/demo.yaml", "  sft: {learning_rate", "  sft: {report_to: tensorboard, learning_rate"
    )
    assert rules(copy.planned()) == RECORD
