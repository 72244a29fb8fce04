import re
import shutil
from pathlib import Path
from random import Random

import pytest

from lahja.core.errors import DamagedError, LahjaError
from lahja.core.files import read_json, write_json
from lahja.models.folder import (
    adapter_of,
    base_digest,
    expect_whole,
    load_model,
    load_tokenizer,
    model_digest,
    write_record,
)
from lahja.scoring.judges import AldiScorer


@pytest.mark.model
def test_a_trained_root_carries_its_digest(small_root: Path) -> None:
    facts = read_json(small_root / "model.json")
    assert facts["name"] == "small"
    assert base_digest(small_root) == facts["digest"]


def test_a_hub_snapshot_is_known_by_its_revision(tmp_path: Path) -> None:
    write_json(tmp_path / "model.json", {"repo": "a/b", "revision": "0123"})
    assert base_digest(tmp_path) == "a/b@0123"


def test_a_file_put_into_a_download_changes_what_it_is(tmp_path: Path) -> None:
    cache, folder = tmp_path / "blob", tmp_path / "model"
    cache.write_bytes(b"weights")
    write_json(folder / "model.json", {"repo": "a/b", "revision": "0123"})
    (folder / "model.safetensors").symlink_to(cache)
    assert base_digest(folder) == "a/b@0123"
    (folder / "chat_template.jinja").write_text("another")
    assert base_digest(folder).startswith("a/b@0123+")


def test_a_record_does_not_stand_for_other_weights(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {})
    (tmp_path / "model.safetensors").write_bytes(b"one")
    write_json(tmp_path / "model.json", {"digest": base_digest(tmp_path)})
    before = base_digest(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert base_digest(tmp_path) != before


def test_an_adapter_s_weights_and_scale_change_the_digest(tmp_path: Path) -> None:
    write_json(tmp_path / "model.json", {"repo": "a/b", "revision": "0123"})
    adapter = tmp_path / "trained" / "adapter"
    digests = set()
    for weights, alpha in ((b"one", 16), (b"two", 16), (b"two", 32)):
        write_json(adapter / "adapter_config.json", {"r": 16, "lora_alpha": alpha})
        (adapter / "adapter_model.safetensors").write_bytes(weights)
        digests.add(model_digest(tmp_path, tmp_path / "trained"))
    assert len(digests) == 3


def test_a_checkpoint_that_is_an_adapter_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {})
    write_json(tmp_path / "adapter_config.json", {"base_model_name_or_path": "elsewhere"})
    with pytest.raises(LahjaError, match=r"holds adapter_config\.json; expected a whole"):
        base_digest(tmp_path)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match=r"config\.json is missing"):
        load_tokenizer(tmp_path)


@pytest.mark.model
def test_a_folder_without_an_adapter_is_named(small_root: Path, tmp_path: Path) -> None:
    import torch

    with pytest.raises(LahjaError, match="no LoRA adapter"):
        load_model(small_root, tmp_path, dtype=torch.float32, device="cpu")


@pytest.mark.parametrize(
    "name",
    [
        "pytorch_model.bin",
        "pytorch_model-00002-of-00002.bin",
        "model-00001-of-00002.safetensors",
        "model.safetensors.index.json",
        "shards/model-00001-of-00002.safetensors",
        "consolidated.00.pth",
        "merges.txt",
        "spiece.model",
        "tokenizer.model.v3",
        "qwen.tiktoken",
        "chat_template.jinja",
        "additional_chat_templates/default.jinja",
    ],
)
def test_weights_and_tokenizers_of_every_form_are_part_of_the_digest(
    tmp_path: Path, name: str
) -> None:
    write_json(tmp_path / "config.json", {})
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"{}")
    before = base_digest(tmp_path)
    (tmp_path / name).write_bytes(b'{"metadata": 1}')
    assert base_digest(tmp_path) != before


@pytest.mark.parametrize("name", ["README.md", ".gitattributes", ".cache/huggingface/x"])
def test_what_people_read_is_no_part_of_the_digest(tmp_path: Path, name: str) -> None:
    write_json(tmp_path / "config.json", {})
    before = base_digest(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / name).write_bytes(b"one")
    assert base_digest(tmp_path) == before


@pytest.mark.model
def test_a_model_of_the_run_is_damaged_by_any_flipped_bit(
    small_root: Path, tmp_path: Path, expect_row
) -> None:
    folder, rng, number = tmp_path / "model", Random(3), 0
    shutil.copytree(small_root, folder)
    expect_whole(folder)
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        for place in rng.sample(range(len(content)), 10):
            flipped = bytearray(content)
            flipped[place] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            with pytest.raises(DamagedError, match=re.escape(f"{path}: damaged (its ")) as stop:
                expect_whole(folder)
            assert stop.value.path == folder
            number += 1
        path.write_bytes(content)
    expect_whole(folder)
    expect_row("a bit of each file of a model", number, number, 0, 0)


@pytest.mark.model
def test_a_model_of_the_run_that_lacks_a_file_or_has_one_more_is_damaged(
    small_root: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(small_root, tmp_path / "model")
    (folder / ".snakemake_timestamp").touch()
    expect_whole(folder)
    (folder / "chat_template.jinja").rename(folder / "other.jinja")
    with pytest.raises(DamagedError, match=r"chat_template\.jinja: missing"):
        expect_whole(folder)
    shutil.copy(folder / "other.jinja", folder / "chat_template.jinja")
    with pytest.raises(DamagedError, match=r"other\.jinja: not a file of this model"):
        _load(folder)


@pytest.mark.model
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_base_model_of_the_run_that_lost_a_half_is_damaged(
    small_root: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(small_root, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(DamagedError, match=re.escape(f"{name}: missing")):
        _load(folder)


def test_an_adapter_of_the_run_that_lost_a_half_is_damaged(tmp_path: Path) -> None:
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        write_json(tmp_path / "adapter" / name, {})
    write_record(tmp_path, {})
    assert adapter_of(tmp_path) == tmp_path / "adapter"
    (tmp_path / "adapter" / name).unlink()
    with pytest.raises(DamagedError, match=r"adapter_model\.safetensors: missing"):
        adapter_of(tmp_path)


def test_a_model_of_the_hub_or_of_an_older_run_has_nothing_to_be_told_by(tmp_path: Path) -> None:
    expect_whole(tmp_path)
    write_json(tmp_path / "model.json", {"repo": "a/b", "revision": "0123"})
    expect_whole(tmp_path)


@pytest.fixture
def damaged(small_root: Path, tmp_path: Path) -> Path:
    """A checkpoint of the user's own, to take something away from."""
    return shutil.copytree(
        small_root, tmp_path / "model", ignore=shutil.ignore_patterns("model.json")
    )


def _load(folder: Path, adapter: Path | None = None):
    import torch

    load_tokenizer(folder)
    return load_model(folder, adapter, dtype=torch.float32, device="cpu")


def _fault_of(folder: Path, adapter: Path | None = None) -> str:
    with pytest.raises(LahjaError) as caught:
        _load(folder, adapter)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _drop_weight(file: Path, part: str) -> None:
    from safetensors.torch import load_file, save_file

    kept = {name: tensor for name, tensor in load_file(file).items() if part not in name}
    save_file(kept, file, metadata={"format": "pt"})


@pytest.mark.model
def test_a_weight_that_is_missing_stops_and_is_never_drawn_at_random(damaged: Path) -> None:
    _drop_weight(damaged / "model.safetensors", "mlp.up_proj")
    wanted = "has no weight model.layers.0.mlp.up_proj.weight; expected all weights of a Llama"
    assert wanted in _fault_of(damaged)
    _drop_weight(damaged / "model.safetensors", "layers.0")
    assert "has no weight model.layers.0.input_layernorm.weight (and 8 more)" in _fault_of(damaged)


@pytest.mark.model
def test_a_weight_of_another_shape_stops(damaged: Path) -> None:
    config = read_json(damaged / "config.json")
    write_json(damaged / "config.json", config | {"intermediate_size": 40})
    wanted = "the weight model.layers.0.mlp.down_proj.weight is 32 × 48, not 32 × 40 (and 2 more)"
    assert wanted in _fault_of(damaged)


@pytest.mark.model
def test_a_scorer_without_its_head_is_refused(small_root: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    BertModel(BertConfig(vocab_size=9, intermediate_size=8, num_labels=1, **shape)).save_pretrained(
        tmp_path
    )
    load_tokenizer(small_root).save_pretrained(tmp_path)
    with pytest.raises(LahjaError, match=r"has no weight classifier\.bias \(and 1 more\)"):
        AldiScorer(tmp_path)


@pytest.mark.model
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_file_cut_short_is_named_in_one_line(damaged: Path, name: str) -> None:
    file = damaged / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    place = file if name == "model.safetensors" else damaged
    assert f"{place}: cannot be loaded" in _fault_of(damaged)


@pytest.mark.model
def test_weights_that_are_all_missing_are_told(damaged: Path) -> None:
    (damaged / "model.safetensors").unlink()
    assert f"{damaged}: cannot be loaded: OSError: " in _fault_of(damaged)


@pytest.mark.model
def test_a_shard_that_is_missing_is_named_before_anything_is_loaded(damaged: Path) -> None:
    model = _load(damaged)
    (damaged / "model.safetensors").unlink()
    model.save_pretrained(damaged, max_shard_size="10KB")
    _load(damaged)
    shard = sorted(damaged.glob("model-*.safetensors"))[1]
    shard.unlink()
    assert f"{shard.name} is missing, which model.safetensors.index.json lists" in _fault_of(
        damaged
    )
    with pytest.raises(LahjaError, match="is missing, which"):
        base_digest(damaged)


@pytest.mark.model
def test_an_adapter_that_lacks_weights_is_refused(small_root: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(_load(small_root), lora).save_pretrained(tmp_path)
    _load(small_root, tmp_path)
    _drop_weight(tmp_path / "adapter_model.safetensors", "up_proj.lora_B")
    assert f"{tmp_path}: cannot be loaded: UserWarning: Found missing adapter keys" in _fault_of(
        small_root, tmp_path
    )


def _change(folder: Path, **values) -> None:
    settings = read_json(folder / "tokenizer_config.json")
    write_json(folder / "tokenizer_config.json", settings | values)


@pytest.mark.model
def test_a_tokenizer_without_an_end_of_turn_or_a_chat_template_is_refused(damaged: Path) -> None:
    _change(damaged, pad_token=None)
    assert load_tokenizer(damaged).pad_token == "<|end|>"
    _change(damaged, eos_token=None)
    assert f"{damaged}: the tokenizer has no eos_token" in _fault_of(damaged)
    _change(damaged, eos_token="<|end|>")
    (damaged / "chat_template.jinja").unlink()
    assert f"{damaged}: chat template: there is none" in _fault_of(damaged)


@pytest.mark.model
def test_a_token_past_the_embedding_is_refused_unless_no_text_has_it(damaged: Path) -> None:
    tokenizer = load_tokenizer(damaged)
    n = len(tokenizer)
    tokenizer.add_tokens(["<image>"], special_tokens=True)
    tokenizer.save_pretrained(damaged)
    _load(damaged)
    tokenizer.add_special_tokens({"pad_token": "<image>"})
    tokenizer.save_pretrained(damaged)
    assert f"token '<image>' has number {n}, of {n} embeddings" in _fault_of(damaged)
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    tokenizer.add_tokens(["هلأ"])
    tokenizer.save_pretrained(damaged)
    assert f"token 'هلأ' has number {n + 1}, of {n} embeddings" in _fault_of(damaged)


@pytest.mark.model
def test_a_vocabulary_larger_than_the_embedding_is_refused(damaged: Path) -> None:
    config = read_json(damaged / "config.json")
    write_json(damaged / "config.json", config | {"vocab_size": config["vocab_size"] - 9})
    assert "embeddings" in _fault_of(damaged)
