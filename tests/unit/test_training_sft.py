import math
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.config.training import SftSettings
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.tables import EXAMPLES, PAIRS, read_table, write_table
from lahja.models.folder import load_model, load_tokenizer
from lahja.prompts.chat import prompt_tokens
from lahja.training import adapters
from lahja.training.adapters import AdapterRun, completions_only, trainer_arguments
from lahja.training.batches import ByTokens
from lahja.training.sft import build_trainer, train_sft
from lahja.training.tracking import CURVE_FILE

pytestmark = pytest.mark.model
SETTINGS = {"epochs": 6, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 4}


@pytest.fixture(scope="module")
def lessons(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same prompts, to be answered as the root was not taught."""
    rows = read_table(examples, EXAMPLES).assign(completion="مش عارف والله")
    path = tmp_path_factory.mktemp("new") / "examples.parquet"
    write_table(path, rows, EXAMPLES)
    return path


@pytest.fixture(scope="module")
def tuned(lessons: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sft")
    facts = {"name": "tuned", "parent": "small"}
    train_sft(
        AdapterRun(small_root, None, lessons, SETTINGS, folder / "work", folder / "tuned", facts)
    )
    return folder / "tuned"


@pytest.fixture(scope="module")
def trainer(lessons: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory):
    import torch
    from trl import SFTConfig, SFTTrainer

    arguments = trainer_arguments(
        SftSettings(learning_rate=0.1, batch=4, accumulation=1),
        tmp_path_factory.mktemp("work"),
        "cpu",
    )
    model = load_model(small_root, dtype=torch.float32, device="cpu", trainable=True)
    tokenizer, rows = load_tokenizer(small_root), read_table(lessons, EXAMPLES)
    return SFTTrainer(
        model=model,
        args=SFTConfig(**arguments, completion_only_loss=True),
        train_dataset=build_trainer(rows, model, tokenizer, arguments, None).train_dataset,
        processing_class=tokenizer,
    )


def test_training_lowers_the_loss_and_leaves_a_model_folder(tuned: Path) -> None:
    curve = pd.read_csv(tuned / CURVE_FILE)
    assert [*curve["step"]] == [*range(1, 19)]
    assert curve["loss"][-3:].mean() < 0.9 * curve["loss"][:3].mean()
    assert sorted(path.name for path in tuned.iterdir()) == ["adapter", "model.json", CURVE_FILE]
    assert read_json(tuned / "model.json")["parent"] == "small"
    assert not (tuned.parent / "work").exists()


def test_only_the_completion_bears_loss(trainer, lessons: Path, small_root: Path) -> None:
    tokenizer, examples = load_tokenizer(small_root), read_table(lessons, EXAMPLES)
    heads = prompt_tokens(tokenizer, [*examples["prompt"]])
    for row, head, answer in zip(trainer.train_dataset, heads, examples["completion"], strict=True):
        assert row["input_ids"][: len(head)] == head
        assert set(row["labels"][: len(head)]) == {-100}
        assert tokenizer.decode(row["labels"][len(head) :]) == answer + "<|end|>"


def test_a_template_with_thoughts_is_learnt_as_it_is_asked(
    lessons: Path, small_root: Path, tmp_path: Path
) -> None:
    import torch

    tokenizer, rows = load_tokenizer(small_root), read_table(lessons, EXAMPLES)[:2]
    places = [*map(Path, find_spec("trl").submodule_search_locations)]
    template = places[0] / "chat_templates" / "qwen3.jinja"
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    model = load_model(small_root, dtype=torch.float32, device="cpu", trainable=True)
    arguments = trainer_arguments(SftSettings(), tmp_path, "cpu")
    learnt = build_trainer(rows, model, tokenizer, arguments, None).train_dataset
    for row, head in zip(learnt, prompt_tokens(tokenizer, [*rows["prompt"]]), strict=True):
        assert tokenizer.decode(head).endswith("<think>\n\n</think>\n\n")
        assert row["input_ids"][: len(head)] == head
        assert tokenizer.decode(row["labels"][len(head) :]) == "مش عارف والله<|im_end|>\n"


def test_scoring_completions_only_leaves_the_loss_as_it_is(trainer) -> None:
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.model.eval()
    everywhere = trainer.compute_loss(trainer.model, dict(batch)).item()
    with completions_only():
        assert trainer.compute_loss(trainer.model, dict(batch)).item() == pytest.approx(everywhere)


def test_a_further_step_continues_the_adapter(
    tuned: Path, lessons: Path, small_root: Path, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "epochs": 1, "learning_rate": 1e-6}
    adapter = tuned / "adapter"
    train_sft(
        AdapterRun(small_root, adapter, lessons, settings, tmp_path / "w", tmp_path / "m", {})
    )
    before, after = (pd.read_csv(folder / CURVE_FILE)["loss"] for folder in (tuned, tmp_path / "m"))
    assert math.isclose(after.mean(), before[-3:].mean(), rel_tol=0.1)


def test_an_adapter_of_another_rank_is_refused(
    tuned: Path, lessons: Path, small_root: Path, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "rank": 2}
    with pytest.raises(LahjaError, match="has rank 4"):
        train_sft(
            AdapterRun(
                small_root, tuned / "adapter", lessons, settings, tmp_path / "w", tmp_path, {}
            )
        )


def test_an_interrupted_training_goes_on_from_its_checkpoint(
    lessons: Path, small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tuned: Path
) -> None:
    settings = {**SETTINGS, "checkpoint_steps": 4}
    run = AdapterRun(small_root, None, lessons, settings, tmp_path / "work", tmp_path / "out", {})
    step = ByTokens.training_step

    def crash_at_ten(self, *args, **kwargs):
        if self.state.global_step == 10:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(ByTokens, "training_step", crash_at_ten)
    with pytest.raises(KeyboardInterrupt):
        train_sft(run)
    monkeypatch.undo()
    train_sft(run)
    resumed, whole = (pd.read_csv(folder / CURVE_FILE) for folder in (tmp_path / "out", tuned))
    assert [*resumed["loss"]] == pytest.approx([*whole["loss"]], abs=1e-4)


def test_a_loss_that_is_no_number_stops_with_its_step(
    lessons: Path, small_root: Path, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "learning_rate": 1e20, "max_grad_norm": 0.0, "warmup": 0}
    run = AdapterRun(small_root, None, lessons, settings, tmp_path / "w", tmp_path / "o", {})
    with pytest.raises(LahjaError, match=r"the loss is (nan|inf) at step \d+ of 18"):
        train_sft(run)
    assert not (tmp_path / "o").exists()


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Plain texts of unequal lengths, one longer than the cutoff of 40 tokens."""
    told = ["شلونك شو عم تعمل؟", "كيفك", "عامل إيه " * 30]
    rows = [dict.fromkeys(EXAMPLES.names, str(n)) | {"completion": t} for n, t in enumerate(told)]
    write_table(tmp_path / "e.parquet", pd.DataFrame(rows).assign(prompt=None), EXAMPLES)
    return tmp_path / "e.parquet"


def test_the_loss_of_plain_text_is_that_of_all_its_tokens_but_the_first(
    texts: Path, small_root: Path, tmp_path: Path
) -> None:
    import torch

    settings = {**SETTINGS, "epochs": 1, "cutoff": 40}
    run = AdapterRun(small_root, None, texts, settings, tmp_path / "w", tmp_path / "o", {})
    train_sft(run)
    tokenizer = load_tokenizer(small_root)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    losses = []
    for text in read_table(texts, EXAMPLES)["completion"]:
        ids = tokenizer(text.strip(), add_special_tokens=False)["input_ids"]
        ids = [*ids, tokenizer.eos_token_id][:40]
        with torch.no_grad():
            told = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        losses += [-told[place, after].item() for place, after in enumerate(ids[1:])]
    # A fresh adapter adds nothing before its first update.
    found = pd.read_csv(tmp_path / "o" / CURVE_FILE)["loss"]
    assert found.tolist() == [pytest.approx(sum(losses) / len(losses), abs=1e-3)]
    assert read_json(tmp_path / "o" / "model.json")["n_examples"] == 3


@pytest.mark.parametrize(
    ("device", "precision", "expected"),
    [("cuda", "fp32", "float32"), ("cuda", "bf16", "bfloat16"), ("cuda", None, "bfloat16")]
    + [("cpu", precision, "float32") for precision in ("fp32", "bf16", None)],
)
def test_weights_are_loaded_in_the_precision_that_is_set(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    device: str, precision: str | None, expected: str,
) -> None:  # fmt: skip
    def load(*given, dtype, **how):
        raise LahjaError(str(dtype))

    monkeypatch.setattr(adapters, "use_device", lambda: device)
    monkeypatch.setattr(adapters.models, "load_tokenizer", lambda folder: None)
    monkeypatch.setattr(adapters.models, "load_model", load)
    monkeypatch.setattr(adapters.models, "model_digest", lambda *given: "root")
    run = AdapterRun(
        tmp_path, None, lessons, {"precision": precision}, tmp_path / "w", tmp_path / "o", {}
    )
    with pytest.raises(LahjaError, match=f"torch.{expected}$"):
        train_sft(run)


@pytest.mark.parametrize("n_long", [1, 3])
def test_examples_whose_prompt_fills_the_cutoff_are_dropped_and_counted(
    lessons: Path, small_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture, n_long: int
) -> None:
    rows = read_table(lessons, EXAMPLES)[:3]
    rows.loc[: n_long - 1, "prompt"] = "how are you? " * 60
    write_table(tmp_path / "e.parquet", rows, EXAMPLES)
    settings = {**SETTINGS, "epochs": 1, "cutoff": 100}
    run = AdapterRun(
        small_root, None, tmp_path / "e.parquet", settings, tmp_path / "w", tmp_path / "o", {}
    )
    if n_long == 3:
        with pytest.raises(LahjaError, match="none of 3 examples can be learnt: their prompt"):
            train_sft(run)
        return
    train_sft(run)
    record = read_json(tmp_path / "o" / "model.json")
    assert (record["n_examples"], record["n_dropped"]) == (3, 1)
    assert "dropped 1 of 3 examples: their prompt fills the cutoff of 100 tokens" in (
        capsys.readouterr().err
    )


def test_pairs_are_refused(small_root: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "p", pd.DataFrame([dict.fromkeys(PAIRS.names, "x")]), PAIRS)
    run = AdapterRun(small_root, None, tmp_path / "p", {}, tmp_path / "w", tmp_path / "o", {})
    with pytest.raises(LahjaError, match="p: lacks the column 'example_id'"):
        train_sft(run)
