"""COMET as its rule runs it, in an interpreter that has it, on a tiny checkpoint with random weights."""

import json
import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.tables import (
    COMET_SCORES,
    EVALUATION_PROMPTS,
    RESPONSES,
    read_table,
    write_table,
)

pytestmark = pytest.mark.comet

# A stand-in of Unbabel/wmt22-comet-da: its architecture, a few hundred weights, trained on nothing.
CHECKPOINT = """
import sys, torch, yaml
import pytorch_lightning as lightning
from comet.models import RegressionMetric
from pathlib import Path
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig

folder = Path(sys.argv[1])
encoder = folder / "encoder"
letters = [*"abcdefghijklmnopqrstuvwxyzابتثجحخدذرزسشصضطظعغفقكلمنهوي ", "▁"]
vocabulary = [(word, -float(n)) for n, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *letters])]
tokenizer = Tokenizer(models.Unigram([*vocabulary, ("<mask>", 0.0)], unk_id=3))
tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
marks = dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", unk_token="<unk>",
             pad_token="<pad>", mask_token="<mask>")
PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained(encoder)
XLMRobertaConfig(
    vocab_size=len(tokenizer.get_vocab()), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=32, max_position_embeddings=130, pad_token_id=1,
).save_pretrained(encoder)
torch.manual_seed(1)
settings = dict(
    encoder_model="XLM-RoBERTa", pretrained_model=str(encoder), pool="avg", layer="mix",
    layer_transformation="sparsemax", layer_norm=False, hidden_sizes=[24, 8], activations="Tanh",
    class_identifier="regression_metric",
)
known = {name: value for name, value in settings.items() if name != "class_identifier"}
model = RegressionMetric(**known, load_pretrained_weights=False)
trainer = lightning.Trainer(logger=False, accelerator="cpu", enable_checkpointing=False)
trainer.strategy.connect(model)
trainer.save_checkpoint(folder / "checkpoints" / "model.ckpt")
(folder / "hparams.yaml").write_text(yaml.safe_dump(settings))
"""

# COMET's own interface, one text at a time.
DIRECTLY = """
import json, sys
from comet import load_from_checkpoint

model = load_from_checkpoint(sys.argv[1] + "/checkpoints/model.ckpt")
samples = json.load(open(sys.argv[2]))
options = dict(batch_size=1, gpus=0, progress_bar=False, length_batching=False)
scores = [model.predict([one], **options)["scores"][0] for one in samples]
json.dump(scores, open(sys.argv[3], "w"))
"""

TEXTS = [
    ("where is the station", "فين المحطة", "المحطة فين"),
    ("i am tired today and i will go home early", "انا تعبان النهارده", "تعبت النهارده وهروح بدري"),
    ("رايح فين", "where to", "where are you going"),
    ("متى يصل القطار", "", "القطر هييجي امتى"),
]


@pytest.fixture(scope="session")
def comet_python(root: Path) -> Path:
    """An interpreter that has COMET; skips the test where there is none."""
    if named := os.environ.get("LAHJA_COMET_PYTHON"):
        return Path(named)
    built = root / "results" / "environments" / "comet" / "bin" / "python"
    if not built.is_file():
        pytest.skip("no COMET: build it with `make comet-env`, or set LAHJA_COMET_PYTHON")
    return built


def run(python: Path, root: Path, *arguments: object, fails: bool = False) -> str:
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "HF_HUB_OFFLINE": "1"}
    command = [str(python), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert (done.returncode != 0) == fails, done.stderr[-3000:]
    return done.stderr


@pytest.fixture(scope="session")
def checkpoint(comet_python: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-comet")
    run(comet_python, root, "-c", CHECKPOINT, folder)
    return folder


def write_answers(folder: Path) -> list[Path]:
    """Write prompts, with some that COMET does not score, and the answers of two models."""
    columns = ["source", "response", "reference"]
    rows = pd.DataFrame([*TEXTS, ("x", "y", None), *TEXTS[:1]], columns=columns, dtype=object)
    rows["prompt_id"] = [f"p{n}" for n in range(len(rows))]
    rows["task"] = ["translation"] * 4 + ["monolingual", "validation_translation"]
    prompts = rows.reindex(columns=EVALUATION_PROMPTS.names)
    write_table(folder / "prompts.parquet", prompts, EVALUATION_PROMPTS)
    answers = rows.reindex(columns=RESPONSES.names)
    # The second model refuses one, and says the same as the first otherwise, in another order.
    for name, own in (("a", answers), ("b", answers.iloc[::-1].replace("فين المحطة", None))):
        write_table(folder / f"{name}.parquet", own, RESPONSES)
    return [folder / "prompts.parquet", folder / "a.parquet", folder / "b.parquet"]


def score(python: Path, root: Path, folder: Path, model: Path, fails: bool = False) -> str:
    prompts, *answers = write_answers(folder)
    script = root / "workflow" / "scripts" / "score_comet.py"
    options = ["--prompts", prompts, "--responses", *answers, "--model", model, "--settings", "{}"]
    options += ["--execution", '{"batch": 3}', "--output", folder / "comet.parquet"]
    return run(python, root, script, *options, fails=fails)


def test_scores_are_those_of_comets_own_interface(comet_python, checkpoint, root, tmp_path):
    score(comet_python, root, tmp_path, checkpoint)
    found = read_table(tmp_path / "comet.parquet", COMET_SCORES)
    wanted = [{"src": src, "mt": mt, "ref": ref} for src, mt, ref in TEXTS]
    wanted.append(wanted[0] | {"mt": ""})
    (tmp_path / "samples.json").write_text(json.dumps(wanted), encoding="utf-8")
    run(comet_python, root, "-c", DIRECTLY, checkpoint, tmp_path / "samples.json", tmp_path / "s")
    *scores, refused = json.loads((tmp_path / "s").read_text())
    by_model = {name: part.set_index("prompt_id")["comet"] for name, part in found.groupby("model")}
    expected = dict(zip(("p0", "p1", "p2", "p3", "p5"), [*scores, scores[0]], strict=True))
    assert by_model["a"].to_dict() == pytest.approx(expected, abs=1e-5)
    expected |= {"p0": refused, "p5": refused}
    assert by_model["b"].to_dict() == pytest.approx(expected, abs=1e-5)
    assert len({round(score, 4) for score in [*scores, refused]}) == 5
    (signature,) = found["signature"].unique()
    assert signature.startswith(f"comet:{checkpoint.name}@")
    assert signature.endswith("|version:2.2.7|precision:fp32")


def test_an_encoder_that_cannot_be_had_is_named(comet_python, checkpoint, root, tmp_path):
    copy = tmp_path / "copy"
    (copy / "checkpoints").mkdir(parents=True)
    told = "import sys, torch; state = torch.load(sys.argv[1], weights_only=False); "
    told += "state['hyper_parameters']['pretrained_model'] = 'nobody/nothing'; "
    told += "torch.save(state, sys.argv[2])"
    parts = checkpoint / "checkpoints" / "model.ckpt", copy / "checkpoints" / "model.ckpt"
    run(comet_python, root, "-c", told, *parts)
    (copy / "hparams.yaml").write_bytes((checkpoint / "hparams.yaml").read_bytes())
    error = score(comet_python, root, tmp_path, copy, fails=True)
    assert re.search(r"hparams\.yaml: the encoder \S+ cannot be had \(", error.splitlines()[-1])
