from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json
from lahja.models.folder import base_digest, folder_digest, load_model, load_tokenizer, model_digest


@pytest.mark.model
def test_a_trained_root_carries_its_digest(small_root: Path) -> None:
    facts = read_json(small_root / "model.json")
    assert facts["name"] == "small"
    assert base_digest(small_root) == facts["digest"] == folder_digest(small_root)


def test_a_hub_snapshot_is_known_by_its_revision(tmp_path: Path) -> None:
    write_json(tmp_path / "model.json", {"repo": "a/b", "revision": "0123"})
    assert base_digest(tmp_path) == "a/b@0123"


def test_an_adapter_changes_the_digest(tmp_path: Path) -> None:
    write_json(tmp_path / "model.json", {"digest": "root"})
    (tmp_path / "adapter_model.safetensors").write_bytes(b"weights")
    assert model_digest(tmp_path, tmp_path).startswith("root+")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match=r"config\.json is missing"):
        load_tokenizer(tmp_path)


@pytest.mark.model
def test_a_folder_without_an_adapter_is_named(small_root: Path, tmp_path: Path) -> None:
    import torch

    with pytest.raises(LahjaError, match="no LoRA adapter"):
        load_model(small_root, tmp_path, dtype=torch.float32, device="cpu")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "merges.txt", "spiece.model", "a.jinja"])
def test_weights_and_tokenizers_of_every_form_are_part_of_the_digest(
    tmp_path: Path, name: str
) -> None:
    write_json(tmp_path / "config.json", {})
    (tmp_path / name).write_bytes(b"one")
    before = folder_digest(tmp_path)
    (tmp_path / name).write_bytes(b"two")
    assert folder_digest(tmp_path) != before
