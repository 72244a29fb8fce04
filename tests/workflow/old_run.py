"""A finished demo run of commit 05f8fd4, the last one before files carried checksums.

`python tests/workflow/old_run.py` records in `old_run.jsonl` what Snakemake remembers there of each
job: it lays empty files where that commit's rules put theirs, and lets Snakemake touch them.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lahja.core import tables
from lahja.core.files import canonical_json, write_json, write_jsonl, write_text

COMMIT = "05f8fd4"
JOBS = Path(__file__).with_suffix(".jsonl")
RESULTS, METADATA = Path("results/demo"), Path(".snakemake/metadata")
DEMO = "config/demo.yaml"
# Tables that later jobs read, whatever is made again.
SCHEMAS = {
    "data/sentences.parquet": tables.SENTENCES,
    "data/parallel.parquet": tables.PARALLEL,
    "prompts/prompts.parquet": tables.PROMPTS,
    "training/dialect-id.parquet": tables.LABELLED_SENTENCES,
    "evaluation/prompts.parquet": tables.EVALUATION_PROMPTS,
    "generations/llama.parquet": tables.GENERATIONS,
}
_TRAINED = ("train_sft", "train_dpo", "interpolate_adapters")
_WEIGHTS = {
    "pretrain_model": "model.safetensors",
    "train_small_nllb": "model.safetensors",
    "train_small_scorers": "model.safetensors",
    "train_selecting_scorers": "model.safetensors",
    **dict.fromkeys(_TRAINED, "adapter/adapter_model.safetensors"),
}
# What that commit's code gives for the weights and configurations below.
BASE_DIGEST = "52ba6f179678350ae7b3c701ceac5cf46f2e57c0424d538b68b738bbd23d1d4c"
DIGEST = f"{BASE_DIGEST}+1ab983714a9190bae9625b565565e0f152814c5ee693ae4f2a3c438b61f7337b"
# Two paid answers with the keys that it gives them, and what they cost.
STORE = [
    ("056d2d5207aafa788b873a50b3f0951e31ca0a0443caff59ebe9035760677260", "تمام ازيك؟"),
    ("4d301ca24c42c489ec89895f3aeb00cbc16bbb4c6eb98456566dd1c1f4c516b1", "تمام شلونك؟"),
]
COSTS = [{"reserve": "e27b", "dollars": 0.1}, {"settle": "e27b", "dollars": 0.02}]


def read_jobs() -> list[dict[str, Any]]:
    """Return each job's rule, outputs, inputs and parameters, as Snakemake keeps them."""
    return [json.loads(line) for line in JOBS.read_text(encoding="utf-8").splitlines()]


def write_old_run(checkout: Path) -> None:
    """Lay the run into a checkout: its files in that commit's form, and Snakemake's memory."""
    for job in read_jobs():
        for name in job["outputs"]:
            _lay(checkout / name, job["rule"])
            kept = {key: job[key] for key in ("rule", "input", "params")}
            record = {"record_format_version": 6, "incomplete": False, "endtime": 0.0, **kept}
            place = b64encode(name.encode()).decode()
            write_json(checkout / METADATA / place, record)
    state = checkout / RESULTS / "work"
    rows = [{"key": key, "id": key, "text": text, "finish_reason": "stop", "n_tokens": 3}
            for key, text in STORE]  # fmt: skip
    write_jsonl(state / "generations" / "paid.jsonl", rows)
    write_jsonl(state / "generations" / "paid.costs.jsonl", COSTS)
    for path in sorted((checkout / RESULTS).rglob("*"), reverse=True):
        os.utime(path, (0, 0))


def _lay(path: Path, rule: str) -> None:
    """Write an artifact as that commit did; of other forms than tables and models, an empty one."""
    if path.suffix == ".parquet":
        schema = SCHEMAS.get("/".join(path.parts[-2:]), tables.DIALECTNESS)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([row_of(schema)], schema.remove_metadata()), path)
    elif path.suffix:
        write_text(path, "")
    else:
        write_text(path / ".snakemake_timestamp", "")
        if rule in _WEIGHTS:
            weights = path / _WEIGHTS[rule]
            write_text(weights, "weights")
            is_trained = rule in _TRAINED
            write_text(
                weights.with_name("adapter_config.json" if is_trained else "config.json"), "{}\n"
            )
            facts = {
                "base_digest": BASE_DIGEST,
                "digest": DIGEST,
                "root": f"{RESULTS}/models/llama",
            }
            write_json(path / "model.json", facts if is_trained else {"digest": BASE_DIGEST})


def row_of(schema: pa.Schema) -> dict[str, Any]:
    """Return a row of a schema."""
    values = {pa.int64(): 1, pa.float64(): 0.5, pa.bool_(): True, pa.string(): "تمام"}
    return {field.name: values.get(field.type, []) for field in schema}


def record() -> None:
    """Write `old_run.jsonl` by that commit's own workflow."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        run = partial(subprocess.run, check=True, stdout=subprocess.PIPE)
        archive = run(["git", "archive", COMMIT]).stdout
        run(["tar", "--extract", "--directory", name], input=archive)
        run = partial(run, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder / "src")})
        command = [sys.executable, "-m", "snakemake", "--configfile", DEMO, "--cores", "1"]
        for line in run([*command, "--summary"]).stdout.decode().splitlines()[1:]:
            _lay(folder / line.split("\t")[0], "")
        run([*command, "--touch", "--forceall", "--quiet", "all"])
        jobs: dict[str, dict[str, Any]] = {}
        for path in sorted((folder / METADATA).iterdir()):
            kept = json.loads(path.read_text(encoding="utf-8"))
            job = {key: kept[key] for key in ("rule", "input", "params")}
            job = jobs.setdefault(canonical_json(job), {"outputs": [], **job})
            job["outputs"].append(b64decode(path.name).decode())
    write_jsonl(JOBS, [jobs[key] for key in sorted(jobs)])


if __name__ == "__main__":
    record()
