"""`lahja export`: what it writes loads as lahja loads it, and its cards tell what the run recorded."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from reporting_data import evaluation_prompts, pairs
from reporting_run import ATTACK, sentence_scores
from snakemake.utils import update_config

from lahja.cli import main
from lahja.core.artifacts import write_artifact
from lahja.core.config import resolve
from lahja.core.files import read_json, read_yaml, write_json
from lahja.core.statistics import Resampling
from lahja.core.tables import (
    EVALUATION_PROMPTS,
    EXAMPLES,
    METRICS,
    PAIRS,
    PARALLEL,
    PROMPTS,
    SENTENCE_SCORES,
    empty_table,
    read_table,
    write_table,
)
from lahja.corpora.readers import read_preferences
from lahja.evaluation.metrics.evaluation import comparisons_table, evaluate_model, metrics_table
from lahja.models.folder import load_model, write_adapter_record
from lahja.models.merging import merge_adapters
from lahja.report.tables import answer_tables, changes_table, table2
from lahja.scoring.translation import load_spbleu

STARTS = {"llama-T+lahja": "llama-T"}
MODELS = ["llama-T", "llama-T+lahja"]
RANKED = "ranked-of-llama-T"
TRANSLATED = "شو عم تعمل هلأ؟"


@pytest.fixture(scope="module")
def finished(root: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up run of the demo's models, one of them merged, with all that an export reads."""
    run = tmp_path_factory.mktemp("checkout") / "results" / "small"
    config = read_yaml(root / "config/config.yaml")
    update_config(config, read_yaml(root / "config/demo.yaml") | {"run": "small"})
    ranked = {"kind": "preferences", "select": "reward", "policy": "start", "per_direction": 30}
    config["datasets"]["ranked"] = ranked
    config["models"] |= {
        "llama-T+iterations": {
            "from": "llama-T",
            "train": "dpo",
            "on": "ranked",
            "evaluate": False,
        },
        "llama-T+lahja": {"merge": {"llama-T": 0.25, "llama-T+iterations": 0.75}},
    }
    # What was written for this project may be redistributed; one corpus here may not.
    config["corpora"]["demo-nadi"]["redistributable"] = False
    (run / "report").mkdir(parents=True)
    (run / "report" / "config.yaml").write_text(yaml.safe_dump(resolve(config)))
    write_json(run / "report" / "provenance.json", {"versions": {"lahja": "0.1.0"}})
    write_models(run / "models", small_root)
    write_rows(run)
    write_scores(run, root / "resources" / "paper")
    return run


def write_models(folder: Path, small_root: Path) -> None:
    """Write the base model, two adapters of random weights, and the one between them."""
    import torch
    from peft import LoraConfig, get_peft_model

    shutil.copytree(small_root, folder / "llama")
    for seed, name in enumerate(("llama-T", "llama-T+iterations")):
        torch.manual_seed(seed)
        base = load_model(small_root, dtype=torch.float32, device="cpu", trainable=True)
        lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(base, lora)
        for key, weight in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weight, std=0.1)
        model.save_pretrained(folder / name / "adapter")
        facts = {"n_examples": 12, "settings": '{"learning_rate":0.003,"checkpoint_steps":7}'}
        write_adapter_record(folder / name, folder / "llama", None, facts)
    ends = [folder / name / "adapter" for name in ("llama-T", "llama-T+iterations")]
    between = folder / "llama-T+lahja"
    merge_adapters(ends, [0.25, 0.75], between / "adapter")
    write_adapter_record(between, folder / "llama", None, {})


def write_rows(run: Path) -> None:
    """Write examples and pairs of several corpora."""

    def example(name: str, kind: str, prompt: str | None) -> dict:
        return dict(zip(EXAMPLES.names, (name, kind, "egy", prompt, "إزيك؟"), strict=True))

    rows = [example("demo-madar:egy:1:eng-da", "eng-da", "Translate: hi"),
            example("demo-madar:egy:2:eng-da", "eng-da", "Translate: hey")]  # fmt: skip
    write_table(run / "training/translation-aug.parquet", pd.DataFrame(rows), EXAMPLES)
    rows += [example("egy-story-1", "story", "Tell"), example("demo-nadi:egy:3", "plain", None),
             example("demo-dial2msa:egy:4:reply", "reply", "Reply")]  # fmt: skip
    write_table(run / "training/instructions-msa.parquet", pd.DataFrame(rows), EXAMPLES)
    own = pairs(1)
    write_table(run / f"preferences/{RANKED}/train.parquet", own, PAIRS)
    write_table(run / "preferences/dialect-only/train.parquet", own, PAIRS)
    asked = empty_table(PROMPTS).reindex(range(len(own))).astype(object)
    asked = asked.assign(prompt_id=own["prompt_id"], source=TRANSLATED, reference="Hello there")
    write_table(run / "prompts/directions.30.parquet", asked, PROMPTS)
    asked = asked.assign(kind="story", sentence_id=[f"demo-madar:{n}" for n in range(len(own))])
    asked.loc[0, "sentence_id"] = "demo-nadi:egy:3"
    write_table(run / "prompts/prompts.parquet", asked, PROMPTS)
    sides = {"text": [TRANSLATED, "أهلين"], "eng": ["Hello there", "Hi"]}
    sides |= {"corpus": ["demo-dial2msa", "demo-nadi"]}
    parallel = empty_table(PARALLEL).reindex(range(2)).astype(object).assign(**sides)
    write_table(run / "data/parallel.parquet", parallel, PARALLEL)


def write_scores(run: Path, paper: Path) -> None:
    """Write the scores of two models and the report's tables of them."""
    prompts = evaluation_prompts(4).replace({"corpus": {"FLORES": "demo-flores"}})
    write_table(run / "evaluation/prompts.parquet", prompts, EVALUATION_PROMPTS)
    scores = [own.replace({"corpus": {"FLORES": "demo-flores"}})
              for own in sentence_scores(MODELS, 4, ATTACK)]  # fmt: skip
    write_table(run / "evaluation/scores.parquet", pd.concat(scores), SENTENCE_SCORES)
    resampling, spbleu = Resampling(50, seed=0), load_spbleu(None)
    found = {own["model"].iloc[0]: evaluate_model(own, resampling, spbleu) for own in scores}
    metrics = metrics_table(found.values(), 0.95, {"chrf_plus_plus": "nrefs:1|nw:2"})
    write_table(run / "evaluation/metrics.parquet", metrics, METRICS)
    comparisons = comparisons_table(found, STARTS, 0.95)
    for table in (table2(metrics, MODELS, paper), changes_table(comparisons, MODELS, STARTS),
                  *answer_tables(metrics, MODELS)):  # fmt: skip
        write_artifact(table, run / "tables")


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of the run that a test may change."""
    return shutil.copytree(finished, tmp_path / "results" / "small")


def export(run: Path, name: str, to: Path, *options: str) -> Path:
    """Export as the command does, and return the folder."""
    main(["export", name, "--run", str(run), "--to", str(to), *options])
    return to


def refused(run: Path, capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """Return the one line that an export ends with, having written nothing."""
    to = run.parent / "refused"
    with pytest.raises(SystemExit) as stopped:
        main(["export", arguments[0], "--run", str(run), "--to", str(to), *arguments[1:]])
    assert not to.exists()
    assert isinstance(stopped.value.code, str), capsys.readouterr().err
    return stopped.value.code


def edit_config(run: Path, change: dict) -> None:
    path = run / "report" / "config.yaml"
    config = read_yaml(path)
    update_config(config, change)
    path.write_text(yaml.safe_dump(config))


def logits(model, folder: Path):
    import torch
    from transformers import AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(["how are you?"], return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        return model.eval()(ids).logits.numpy()


@pytest.mark.model
@pytest.mark.parametrize("name", MODELS)
def test_peft_and_transformers_load_what_lahja_loads(
    name: str, finished: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base, adapter = finished / "models" / "llama", finished / "models" / name
    own = load_model(base, adapter, dtype=torch.float32, device="cpu")
    expected = logits(own, base)
    assert abs(logits(AutoModelForCausalLM.from_pretrained(base), base) - expected).max() > 0.1
    folder = export(finished, name, tmp_path / "adapter")
    model = AutoModelForCausalLM.from_pretrained(folder / "base")
    model = PeftModel.from_pretrained(model, folder)
    assert logits(model, folder) == pytest.approx(expected, abs=1e-5)
    folder = export(finished, name, tmp_path / "merged", "--merge")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    assert logits(model, folder) == pytest.approx(expected, abs=1e-5)
    for file in tmp_path.rglob("*"):
        if file.suffix in (".json", ".md"):
            assert str(finished.parents[1]) not in file.read_text(encoding="utf-8"), file


@pytest.mark.model
@pytest.mark.parametrize("options", [[], ["--merge"]])
def test_the_tokenizer_is_handed_on_as_it_was_published(
    options: list[str], run: Path, tmp_path: Path
) -> None:
    base = run / "models" / "llama"
    # Of transformers 4, and a file that transformers 5 does not write for every model.
    settings = read_json(base / "tokenizer_config.json")
    write_json(base / "tokenizer_config.json", settings | {"tokenizer_class": "LlamaTokenizerFast"})
    (base / "tokenizer.model").write_bytes(b"pieces")
    (base / "README.md").write_text("the base model's card")
    write_json(base / "model.json", {"repo": "owner/base", "revision": "0123"})
    write_adapter_record(run / "models" / "llama-T", base, None, {"settings": "{}"})
    folder = export(run, "llama-T", tmp_path / "out", *options)
    for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model"):
        assert (folder / name).read_bytes() == (base / name).read_bytes(), name
    assert "# llama-T" in (folder / "README.md").read_text(encoding="utf-8")
    assert not (folder / "model.json").exists()


@pytest.mark.model
def test_what_rounding_takes_from_the_update_is_told(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder = export(finished, "llama-T", tmp_path / "bf16", "--merge", "--precision", "bf16")
    assert read_json(folder / "config.json")["dtype"] == "bfloat16"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "rounding to bfloat16 changed the adapter's update by" in capsys.readouterr().out
    assert "Rounding the merged weights to bfloat16" in card
    whole = export(finished, "llama-T", tmp_path / "fp32", "--merge")
    assert "Rounding" not in (whole / "README.md").read_text(encoding="utf-8")


@pytest.mark.model
def test_a_base_model_of_the_hub_is_named_by_its_commit(run: Path, tmp_path: Path) -> None:
    base = run / "models" / "llama"
    write_json(base / "model.json", {"repo": "owner/base", "revision": "0123"})
    (base / "README.md").write_text("---\nlicense: llama3.1\n---\n")
    write_adapter_record(run / "models" / "llama-T", base, None, {"settings": "{}"})
    folder = export(run, "llama-T", tmp_path / "out")
    named = read_json(folder / "adapter_config.json")
    assert (named["base_model_name_or_path"], named["revision"]) == ("owner/base", "0123")
    assert not (folder / "base").exists()
    head, card = front_and_text(folder)
    assert (head["base_model"], head["base_model_relation"]) == ("owner/base", "adapter")
    assert 'from_pretrained("owner/base", revision="0123"' in card
    assert "(`llama3.1`, as its card states)" in card


def front_and_text(folder: Path) -> tuple[dict, str]:
    """Return a card's metadata and the text below it."""
    _, front, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def test_a_models_card_tells_what_the_run_recorded(finished: Path, tmp_path: Path) -> None:
    head, card = front_and_text(export(finished, "llama-T+lahja", tmp_path / "out"))
    assert head["language"] == ["ar", "arz", "ary", "ajp", "ars", "apc"]
    assert {"dpo", "sft", "stand-in"} <= {*head["tags"]}
    assert card.startswith("\n# llama-T+lahja (stand-in)\n")
    for stand_in in resolve(read_yaml(finished / "report/config.yaml"))["stand_ins"]:
        assert f"> - {stand_in}\n" in card
    assert "All of these are numbers of stand-ins." in card
    metrics = card.split("## Metrics")[1]
    scores, change = (
        next(line for line in metrics.splitlines() if line.startswith(f"| llama-T{names} | "))
        for names in ("", "+lahja | llama-T")
    )
    # Every score, and every difference, has its interval; a difference has its p-value too.
    assert scores.count("[") == change.count("[") == change.count("(p") >= 5
    assert "| llama-T, llama-T+iterations | merge |" in card
    assert "linear, weights 0.25, 0.75" in card
    assert "| llama-T | llama | sft | translation-aug | 12 | learning_rate 0.003 |" in card
    assert "- chrf_plus_plus: `nrefs:1|nw:2`" in card
    assert "| translation-aug | demo-madar | written for lahja |  | 2 |" in card
    assert f"| {RANKED} | demo-dial2msa | written for lahja |  | 5 |" in card
    assert "| gpt-4o |" in card


def test_answers_run_from_right_to_left_and_are_no_markup(finished: Path, tmp_path: Path) -> None:
    _, card = front_and_text(export(finished, "llama-T+lahja", tmp_path / "out"))
    assert "<script>" not in card
    assert card.count('<div dir="rtl" lang="arz"><b>&lt;script&gt;') == 3  # one of each task


def test_corpora_that_the_run_left_out_are_told_above_and_by_the_numbers(
    run: Path, tmp_path: Path
) -> None:
    edit_config(run, {"corpora_left_out": ["madar", "edgad"]})
    _, card = front_and_text(export(run, "llama-T+lahja", tmp_path / "out"))
    above, metrics = card.split("## Metrics")
    assert "did without corpora whose files were absent: madar, edgad.\n" in above
    assert "All of these are numbers of a run without madar, edgad.\n" in metrics
    _, card = front_and_text(export(run, RANKED, tmp_path / "rows"))
    assert "did without corpora whose files were absent: madar, edgad.\n" in card


def test_prompts_of_a_closed_corpus_are_not_quoted(run: Path, tmp_path: Path) -> None:
    edit_config(run, {"corpora": {"demo-flores": {"redistributable": False}}})
    _, card = front_and_text(export(run, "llama-T+lahja", tmp_path / "out"))
    assert "No answers to prompts of demo-flores: those corpora may not be redistributed." in card
    assert "Egyptian Arabic, translation" not in card
    assert "Egyptian Arabic, monolingual" in card


def test_a_model_that_was_not_evaluated_has_a_card_without_scores(
    finished: Path, tmp_path: Path
) -> None:
    _, card = front_and_text(export(finished, "llama-T+iterations", tmp_path / "out"))
    assert "The run did not evaluate this model." in card
    assert "dir=" not in card


def test_a_model_that_was_rewarded_names_the_corpora_of_its_prompts(
    run: Path, tmp_path: Path
) -> None:
    online = {"from": "llama-T", "train": "grpo", "on": "asked", "evaluate": False}
    asked = {"asked": {"kind": "prompts", "per_direction": 30}}
    edit_config(run, {"datasets": asked, "models": {"llama-T+GRPO": online}})
    shutil.copytree(run / "models/llama-T+iterations", run / "models/llama-T+GRPO")
    prompts = read_table(run / "prompts/directions.30.parquet", PROMPTS)
    prompts = prompts.assign(kind="eng-da", dialect="syr", prompt="Translate: Hello there")
    write_table(run / "prompts/directions.30.parquet", prompts, PROMPTS)
    card = (export(run, "llama-T+GRPO", tmp_path / "model") / "README.md").read_text()
    assert "demo-dial2msa" in card
    assert "grpo" in card.partition("library_name")[2].partition("---")[0]
    rows = pd.read_parquet(export(run, "asked", tmp_path / "rows") / "trl/train.parquet")
    assert len(rows) == len(prompts)


def test_pairs_are_read_back_from_both_layouts(finished: Path, tmp_path: Path) -> None:
    from datasets import load_dataset
    from trl.data_utils import is_conversational

    folder = export(finished, RANKED, tmp_path / "out")
    head, _ = front_and_text(folder)
    expected = read_table(finished / f"preferences/{RANKED}/train.parquet", PAIRS)
    sides = ["prompt", "chosen", "rejected"]
    for layout in ("trl", "llama-factory"):
        found = [*read_preferences(folder / layout / "train.parquet")]
        assert [pair[:3] for pair in found] == [*expected[sides].itertuples(index=False)]
    rows = load_dataset(str(folder), "trl", split="train", cache_dir=str(tmp_path / "cache"))
    assert is_conversational(rows[0])
    assert rows[0]["chosen"] == [{"role": "assistant", "content": expected["chosen"][0]}]
    assert rows["corpora"] == [["demo-dial2msa"]] * len(expected)
    assert [each["config_name"] for each in head["configs"]] == ["trl", "llama-factory"]
    about = read_json(folder / "dataset_info.json")[RANKED]
    assert about["ranking"] and about["columns"] == {side: side for side in sides}
    assert {*pd.read_parquet(folder / about["file_name"])} == {*sides}


def test_chosen_samples_are_of_their_prompts_corpora(run: Path, tmp_path: Path, capsys) -> None:
    best = {"kind": "best", "policy": "llama-T", "samples": 6, "per_direction": 30}
    mix = {"kind": "mixture", "of": {"translation-aug": 1, "best": 1}}
    texts = {"kind": "text"}
    edit_config(run, {"datasets": {"best": best, "mix": mix, "texts": texts}})
    asked = read_table(run / "prompts/directions.30.parquet", PROMPTS)
    rows = asked.head(2).rename(columns={"prompt_id": "example_id"}).assign(
        kind="eng-da", variety="syr", prompt="Translate", completion="كيفك"
    )  # fmt: skip
    write_table(run / "training/best.parquet", rows, EXAMPLES)
    for name, corpora in (("best", 2 * ["demo-dial2msa"]),
                          ("mix", 2 * ["demo-dial2msa"] + 2 * ["demo-madar"])):  # fmt: skip
        found = pd.read_parquet(export(run, name, tmp_path / name) / "trl" / "train.parquet")
        assert [list(own) for own in found["corpora"]] == [[own] for own in corpora]
    plain = rows.assign(prompt=None, kind="text", example_id=["demo-madar:1", "demo-madar:2"])
    write_table(run / "training/texts.parquet", plain, EXAMPLES)
    assert "datasets.texts: plain text; only examples with a prompt" in refused(
        run, capsys, "texts"
    )


def test_examples_without_a_prompt_are_left_out_and_counted(run: Path, tmp_path: Path) -> None:
    edit_config(run, {"corpora": {"demo-nadi": {"redistributable": True}}})
    folder = export(run, "instructions-msa", tmp_path / "out")
    rows = pd.read_parquet(folder / "trl" / "train.parquet")
    assert len(rows) == 4
    assert [[*own] for own in rows["corpora"]] == [
        ["demo-madar"], ["demo-madar"], ["demo-instructions"], ["demo-dial2msa", "demo-templates"],
    ]  # fmt: skip
    assert "1 texts without a prompt are left out" in (folder / "README.md").read_text()
    about = read_json(folder / "dataset_info.json")["instructions-msa"]
    assert about["columns"] == {"prompt": "prompt", "response": "completion"}


@pytest.mark.parametrize("name", ["config", "real"])
def test_madar_and_what_has_no_stated_licence_are_closed(root: Path, name: str) -> None:
    config = read_yaml(root / "config/config.yaml")
    update_config(config, read_yaml(root / f"config/{name}.yaml"))
    corpora = resolve(config)["corpora"]
    closed = {corpus for corpus, own in corpora.items() if not own["redistributable"]}
    assert "madar" in closed
    assert closed >= {corpus for corpus, own in corpora.items() if own["licence"] == "not stated"}
    assert not any("-ND" in own["licence"] for c, own in corpora.items() if c not in closed)


@pytest.mark.parametrize("dataset", ["instructions-msa", "dialect-only"])
def test_a_corpus_that_may_not_be_redistributed_stops_it_by_name(
    dataset: str, finished: Path, capsys: pytest.CaptureFixture
) -> None:
    told = refused(finished, capsys, dataset)
    assert f"datasets.{dataset}: holds texts of corpora that may not be redistributed:" in told
    assert "demo-nadi (licence: written for lahja)" in told
    assert "demo-madar" not in told


def test_recorded_answers_are_of_their_corpus(run: Path, capsys: pytest.CaptureFixture) -> None:
    corpus = {"reader": "al-qasida-outputs", "role": "recorded", "licence": "none"}
    recorded = {"backend": "recorded", "corpus": "answers", "folders": ["a"]}
    used = [*read_yaml(run / "report/config.yaml")["corpora_in_use"], "answers"]
    edit_config(run, {"corpora": {"answers": corpus}, "corpora_in_use": used,
                      "generators": {"gpt-4o": recorded}})  # fmt: skip
    assert "answers (licence: none)" in refused(run, capsys, RANKED)


@pytest.mark.parametrize(("arguments", "told"), [
    (["llama"], "models.llama: is a base model"),
    (["lama-T"], "did you mean llama-T?"),
    (["translation-clean"], "no model of the run learns from it"),
    ([RANKED, "--merge"], f"--merge: {RANKED} is a dataset"),
    (["llama-T", "--precision", "bf16"], "--precision bf16: expected bf16 or fp32, and --merge"),
    (["llama-T", "--merge", "--precision", "fp16"], "--precision fp16: expected bf16 or fp32"),
    (["llama-T", "--push", "a/b/c"], "--push a/b/c: expected a repository such as owner/name"),
    (["llama-T", "--push", "a/b"], "--push a/b: no token is set: log in"),
])  # fmt: skip
def test_what_cannot_be_exported_is_told_in_a_line(
    arguments: list[str], told: str, finished: Path, capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    line = refused(finished, capsys, *arguments)
    assert told in line and "\n" not in line


def test_a_folder_that_is_there_and_a_run_that_is_not_are_refused(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit, match="is there already"):
        export(finished, "llama-T", tmp_path)
    assert "config.yaml: no such file" in refused(tmp_path / "results", capsys, "llama-T")
    moved = shutil.copytree(finished / "report", tmp_path / "elsewhere" / "report").parent
    assert "expected it at results/small" in refused(moved, capsys, "llama-T")


def test_a_folder_is_pushed_to_a_private_repository(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    asked = []

    class Hub:
        def create_repo(self, name: str, **how: object) -> str:
            asked.append((name, how))
            return f"https://huggingface.co/datasets/{name}"

        def upload_folder(self, folder_path: Path, **how: object) -> None:
            asked.append((sorted(path.name for path in folder_path.iterdir()), how))

    monkeypatch.setattr("huggingface_hub.get_token", lambda: "token")
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    export(finished, RANKED, tmp_path / "out", "--push", "me/pairs")
    made, sent = asked
    assert made == ("me/pairs", {"repo_type": "dataset", "private": True, "exist_ok": True})
    assert sent[0] == ["README.md", "dataset_info.json", "llama-factory", "trl"]
    assert sent[1] == {"repo_id": "me/pairs", "repo_type": "dataset"}
    assert "pushed: https://huggingface.co/datasets/me/pairs" in capsys.readouterr().out
