"""What an edit makes stale: dry runs of a copy of the demo, after its whole run, for each edit.

The table is the promise of docs/architecture.md: words cost nothing, keys that only say how fast cost
nothing, and a stage's new version costs that stage and what is below it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.workflow.conftest import SOURCES, Checkout, copy_checkout

pytestmark = pytest.mark.workflow

# What follows the sentence scores, and what follows answers of models.
SHOWN = {"make_tables_and_figures", "build_report"}
METRICS = {"compute_metrics", "make_study", *SHOWN}
SCORES = {"score_sentences", "write_rating_sheets", *METRICS}
ANSWERS = {"generate_evaluation", "score_responses", *SCORES}
TRAINED = {"train_dpo", *ANSWERS}
LABELLED = {
    "label_responses", "translate_mismatches", "relabel_translations", "build_validation", "build_pairs",
    "train_grpo", *TRAINED,
}  # fmt: skip
SAMPLED = {"sample_sentences", "build_prompts", "generate_responses", *LABELLED}
GENERATED = {"generate_responses", *LABELLED}
CLASSIFIED = {"evaluate_classifier", *SHOWN}
RECORDED = {"record_run", "build_report"}


@dataclass(frozen=True)
class Edit:
    """An edit of a file of the workflow, and the rules that it reruns."""

    what: str
    path: str
    old: str = ""
    new: str = ""
    stale: set[str] = field(default_factory=set)

    def apply(self, checkout: Checkout) -> None:
        """Replace `old`, or where there is none append `new` to the file, made if need be."""
        file = checkout.folder / self.path
        if self.old:
            checkout.edit(self.path, self.old, self.new)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            file.write_text(text + self.new, encoding="utf-8")


def stage(name: str) -> dict[str, str]:
    """Return the edit that raises a stage's version."""
    path = "src/lahja/core/stages.yaml"
    found = re.search(rf"^{name}: {{version: (\d+),", Path(path).read_text(encoding="utf-8"), re.M)
    new = found[0].replace(f" {found[1]},", f" {int(found[1]) + 1},")
    return {"path": path, "old": found[0], "new": new}


DEMO = "config/demo.yaml"
WORDS = [
    Edit(
        "a word of a progress message",
        "src/lahja/generation/answering.py",
        '"prompts"',
        '"requests"',
    ),
    Edit(
        "an error text",
        "src/lahja/generation/vllm_backend.py",
        "broke off an answer",
        "cut an answer",
    ),
    Edit("a comment", "src/lahja/training/dpo.py", new="\n# A remark.\n"),
    Edit("an unused table", "src/lahja/core/tables.py", new="\nUNUSED = _schema(a=_TEXT)\n"),
    Edit(
        "an unused error",
        "src/lahja/core/errors.py",
        new="\n\nclass Unused(LahjaError):\n    pass\n",
    ),
    Edit("a type", "src/lahja/generation/answering.py", "store: Path", 'store: "Path"'),
    Edit("the release number", "src/lahja/__init__.py", "0.1.0", "0.1.1"),
    Edit("the README", "README.md", new="\nMore.\n"),
    Edit("the README of the demo's sentences", "resources/demo/README.md", new="\nMore.\n"),
    Edit("a new reader", "src/lahja/corpora/readers/further.py", new="NAME = 'further'\n"),
    Edit("a new metric", "src/lahja/evaluation/metrics/further.py", new="NAME = 'further'\n"),
    Edit("a new backend", "src/lahja/generation/further_backend.py", new="NAME = 'further'\n"),
    Edit("how a training is logged", "workflow/rules/train.smk", "&> {log:q}", "> {log} 2>&1"),
    Edit("a licence", DEMO, "licence: written for lahja", "licence: CC0"),
    Edit("a corpus's page", DEMO, "access: demo, licence", "access: demo, homepage: x, licence"),
]
SPEED = [
    Edit("batches of scoring", DEMO, "\nscorers:\n", "\nscorers:\n  batch: 16\n"),
    Edit(
        "batches of decoding", DEMO, "max_new_tokens: 48, batch: 64", "max_new_tokens: 48, batch: 8"
    ),
    Edit(
        "batches of labelling",
        DEMO,
        "validation_per_dialect: 20, batch: 64",
        "validation_per_dialect: 20, batch: 8",
    ),
    Edit(
        "a chart",
        "workflow/report/charts.yaml",
        new="\n# A comment.\n",
        stale={"make_tables_and_figures", "make_study", "build_report"},
    ),
    Edit("batches of NLLB", DEMO, "beams: 1, batch: 128", "beams: 1, batch: 8"),
    Edit("checkpoints", DEMO, "  sft: {", "  sft: {checkpoint_steps: 50, "),
    Edit(
        "memory of a training",
        DEMO,
        "gradient_checkpointing: false",
        "gradient_checkpointing: true",
    ),
    Edit(
        "micro-batches of a training",
        DEMO,
        "dpo: {batch: 16, accumulation: 1",
        "dpo: {batch: 4, accumulation: 4",
    ),
    Edit("GPUs", DEMO, "  dpo: {", "  dpo: {gpu: 2, "),
    Edit("cores", DEMO, "  pretrain: {", "  pretrain: {threads: 2, "),
    Edit("a tracker", DEMO, "  sft: {", "  sft: {report_to: tensorboard, "),
    Edit(
        "another folder of corpora", DEMO, "\nrun: demo\n", "\nrun: demo\ncorpora_dir: elsewhere\n"
    ),
]
VERSIONS = [
    Edit("the version of DPO", **stage("dpo"), stale=TRAINED),
    Edit(
        "the version of SFT",
        **stage("sft"),
        stale={"train_sft", "classify_sentences", *CLASSIFIED, *GENERATED},
    ),
    Edit(
        "the version of generation",
        **stage("generation"),
        stale=GENERATED,
    ),
    Edit(
        "the version of the judges",
        **stage("judges"),
        stale={
            "train_small_scorers",
            "train_selecting_scorers",
            "check_scorers",
            "classify_sentences",
            *CLASSIFIED,
            *SAMPLED,
        },
    ),
    Edit("the version of the gates", **stage("gates"), stale={"train_grpo", *ANSWERS}),
    Edit(
        "the version of chrF++",
        **stage("text metrics"),
        stale={"check_scorers", "train_grpo", *ANSWERS},
    ),
    Edit(
        "the version of evaluation",
        **stage("evaluation"),
        stale={"check_scorers", "evaluate_classifier", *SCORES},
    ),
    Edit("the version of the report", **stage("report"), stale={"make_study", *SHOWN}),
    Edit("the version of rating sheets", **stage("human ratings"), stale={"write_rating_sheets"}),
]
VALUES = [
    Edit(
        "the ALDi threshold",
        "config/config.yaml",
        "aldi_threshold: 0.36",
        "aldi_threshold: 0.3",
        stale=SAMPLED | RECORDED,
    ),
    Edit(
        "the weight decay of DPO",
        DEMO,
        "dpo: {batch: 16, accumulation: 1, ",
        "dpo: {batch: 16, accumulation: 1, weight_decay: 0.1, ",
        stale=TRAINED | RECORDED,
    ),
    Edit(
        "the examples of an update",
        DEMO,
        "dpo: {batch: 16, accumulation: 1",
        "dpo: {batch: 16, accumulation: 2",
        stale=TRAINED | RECORDED,
    ),
    Edit(
        "the resamples",
        DEMO,
        "  per_direction: 40",
        "  resamples: 500\n  per_direction: 40",
        stale={"check_scorers", "evaluate_classifier", *METRICS, *RECORDED},
    ),
    Edit(
        "the page's template",
        "workflow/report/index.html.jinja",
        new="\n<!-- -->\n",
        stale={"build_report"},
    ),
]


def planned(checkout: Checkout) -> set[str]:
    """Return the rules of the jobs that a dry run plans."""
    return {job.rule for job in checkout.planned()}


@pytest.fixture(scope="module")
def clone(demo: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy of the checkout with the demo's results; edits are taken back after each test."""
    folder = tmp_path_factory.mktemp("clone")
    return copy_checkout(demo.folder, folder, "results/demo", ".snakemake/metadata")


def test_nothing_changed_nothing_to_do(clone):
    assert planned(clone) == set()


@pytest.mark.parametrize(
    "edit", [*WORDS, *SPEED, *VERSIONS, *VALUES], ids=lambda edit: edit.what.replace(" ", "-")
)
def test_an_edit_reruns_exactly(edit, clone):
    file = clone.folder / edit.path
    before = file.read_bytes() if file.exists() else None
    edit.apply(clone)
    try:
        assert planned(clone) == edit.stale
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)


def test_touched_files_of_the_same_content_rerun_nothing(clone):
    for name in SOURCES:
        for path in [clone.folder / name, *(clone.folder / name).rglob("*")]:
            path.touch()
    (clone.folder / "results/demo/data/sentences.parquet").touch()
    assert planned(clone) == set()


def test_results_without_snakemakes_memory_are_taken_as_they_are(demo, tmp_path):
    assert planned(copy_checkout(demo.folder, tmp_path, "results/demo")) == set()
