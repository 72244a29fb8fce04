from dataclasses import replace
from pathlib import Path

import pytest

from lahja.errors import LahjaError
from lahja.planning.checkpoints import (
    Shape,
    checkpoint_shape,
    read_checkpoints,
    small_shape,
    transformer_shape,
)
from lahja.planning.rates import Rates, pass_seconds, read_sourced, start_seconds, work_seconds
from lahja.planning.sizes import Assumptions
from lahja.planning.work import Decoding, Download, Reading, Requests, Rows, Training, Work

RATES_FOLDER = Path("resources/rates")

# 100 operations and 10 bytes a second, all of the peak; a layer takes half a second.
SLOW = Rates(
    matrix_flops=100,
    memory_bytes_per_second=10,
    matrix_share=1,
    memory_share=1,
    seconds_per_layer=0.5,
    second_gpu_gain=0.5,
    start_seconds=3,
    load_bytes_per_second=20,
    rows_per_second=4,
    script_seconds=1,
    download_bytes_per_second=5,
    request_seconds=2,
    batch_api_seconds=50,
)
# 20 bytes: 2 s to read; a token takes 20 operations: 0.2 s.
MODEL = Shape(parameters=10, layers=2, key_value=1, linear=6)


@pytest.mark.parametrize(
    ("tokens", "seconds"),
    [(1, 2.0), (10, 2.0), (11, 2.2), (100, 20.0)],
)
def test_a_pass_is_bound_by_memory_then_by_operations(tokens, seconds):
    assert pass_seconds(MODEL, tokens, SLOW) == pytest.approx(seconds)


def test_a_pass_is_bound_by_launches_where_all_else_is_fast():
    fast = replace(SLOW, matrix_flops=1e9, memory_bytes_per_second=1e9)
    assert pass_seconds(MODEL, 10, fast) == 1.0


@pytest.mark.parametrize(
    ("part", "seconds"),
    [
        # 8 examples × 3 epochs / 4 a batch = 6 batches of 20 tokens: 4 s a pass, three passes.
        (Training(MODEL, 8, 5, 3, 4, passes=3), 6 * 3 * 4.0),
        # A second GPU gives half of one more.
        (Training(MODEL, 8, 5, 3, 4, passes=3, gpus=2), 6 * 3 * 4.0 / 1.5),
        # Two batches (5 prompts, 4 at a time); reading 16 tokens 3.2 s; each of 3 steps reads the
        # weights, 2 s, and 4 · 2 layers · 1 · 4 rows · 5.5 tokens = 176 bytes of keys and values.
        (Decoding(MODEL, 5, 4, 3, 4), 2 * (3.2 + 3 * (2.0 + 17.6))),
        (Reading(MODEL, 8, 10, 2), 4 * 4.0),
        (Rows(10), 2.5),
        (Download(10), 2.0),
        (Requests(10, 1, 1, 5), 4.0),
        (Requests(10, 1, 1, 5, is_batch=True), 50.0),
    ],
)
def test_seconds_by_hand(part, seconds):
    assert work_seconds(Work((part,)), SLOW) == pytest.approx(seconds)


def test_starting_loads_the_model():
    assert start_seconds(Work((), MODEL), SLOW) == 3 + 20 / 20
    assert start_seconds(Work(()), SLOW) == 1


def test_the_built_in_files_are_whole_and_sourced():
    for name, kind in (("a6000", Rates), ("sizes", Assumptions)):
        _, sources = read_sourced(RATES_FOLDER / f"{name}.yaml", kind)
        assert all(len(source) > 10 for source in sources.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("    source: x\n", ""), "expected `name: {value, source}`"),
        (("value: 1", "value: 0"), "corpus_surplus: expected a number above 0"),
        (("corpus_surplus:", "corpus_plus:"), "unknown setting 'corpus_plus'"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path, change, message):
    names = Assumptions.__dataclass_fields__
    text = "".join(f"{name}:\n    value: 1\n    source: x\n" for name in names)
    path = tmp_path / "sizes.yaml"
    path.write_text(text.replace(*change, 1))
    with pytest.raises(LahjaError) as error:
        read_sourced(path, Assumptions)
    assert message in str(error.value)
    assert str(path) in str(error.value)


LLAMA = {
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}


def test_a_config_gives_the_shape_that_the_table_has():
    shape = transformer_shape(LLAMA)
    known = read_checkpoints(RATES_FOLDER / "checkpoints.yaml")["meta-llama/Llama-3.1-8B-Instruct"]
    assert shape.parameters == pytest.approx(known.parameters, rel=0.001)
    assert (shape.layers, shape.key_value, shape.linear) == (32, 1024, known.linear)
    # The 20,971,520 parameters of a rank-8 adapter that PEFT prints for this model.
    assert known.adapter_bytes(8) == 4 * 20_971_520


def test_a_small_model_is_counted_as_torch_counts_it():
    shape = small_shape(
        {"hidden": 128, "layers": 3, "heads": 4, "intermediate": 352, "vocabulary": 2400}
    )
    # 3 layers of 4·128² and 3·128·352, and the tied embeddings; norms are left out.
    assert shape.parameters == 3 * (4 * 128**2 + 3 * 128 * 352) + 2400 * 128


def test_an_unknown_checkpoint_names_the_table(tmp_path):
    table = RATES_FOLDER / "checkpoints.yaml"
    with pytest.raises(LahjaError, match=r"x/y is not known: enter it in .*checkpoints\.yaml"):
        checkpoint_shape("x/y", {}, tmp_path, table)


def test_an_unknown_checkpoint_on_disk_is_read(tmp_path):
    import json

    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "model.safetensors").write_bytes(b"x" * 10)
    shape = checkpoint_shape("x/y", {}, tmp_path, tmp_path / "table.yaml")
    assert (shape.layers, shape.download_bytes) == (32, 10)
