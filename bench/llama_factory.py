"""Compare LoRA training with LLaMA-Factory's: examples per second of processor time on the CPU.

python bench/llama_factory.py FOLDER [--demo results/demo] [--examples 480] [--turns 3]

Needs a finished demo, whose Llama, translation examples and preference pairs both sides learn:
1 × 8 examples in an update, rank 8, float32. LLaMA-Factory 0.9.5 gets an environment of its own,
built once in FOLDER. Both sides take turns; a clock goes from the model's first pass to the end of
training, so that DPO's reference counts. Prints medians, their ratio, and the mean losses, which
must agree.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

import pandas as pd

from lahja.core.tables import EXAMPLES, PAIRS, write_table
from lahja.models.folder import load_tokenizer
from lahja.prompts.chat import assistant_turn, chat_texts, user_turn

_PACKAGES = ("torch==2.13.0", "llamafactory==0.9.5")
# Processor time on either side, from the first pass of the model to the end of the training.
_CLOCK = """
import json, sys, time
from transformers import Trainer
from transformers.models.llama.modeling_llama import LlamaModel
starts, forward, train = [], LlamaModel.forward, Trainer.train

def timed_forward(self, *given, **options):
    starts or starts.append(time.process_time())
    return forward(self, *given, **options)

def timed_train(self, *given, **options):
    result = train(self, *given, **options)
    found = {"seconds": time.process_time() - starts[0], "loss": result.training_loss}
    print("MEASURED", json.dumps(found))
    return result

LlamaModel.forward, Trainer.train = timed_forward, timed_train
given = json.loads(sys.argv[1])
"""
_OURS = """
from pathlib import Path
from lahja.training.adapters import AdapterRun
from lahja.training.dpo import train_dpo
from lahja.training.sft import train_sft
paths = [Path(given[name]) for name in ("model", "data", "work", "output")]
model, data, work, output = paths
run = AdapterRun(model, None, data, given["settings"], work, output, {})
(train_sft if given["kind"] == "sft" else train_dpo)(run)
"""
_THEIRS = """
from llamafactory.train.tuner import run_exp
run_exp(given)
"""
# So small that the mean loss is the initial model's, whatever the order of the examples.
_RATE = 1e-9


def main() -> None:
    """Run both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--demo", type=Path, default=Path("results/demo"))
    parser.add_argument("--examples", type=int, default=480)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    folder, model = options.folder.absolute(), (options.demo / "models" / "llama").absolute()
    python = environment(folder / "environment")
    print(f"{options.examples} examples, one thread, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<5}{'lahja':>10}{'LLaMA-F.':>10}{'ratio':>7}  loss of each (examples a second)")
    data = {
        "sft": "training/translation-aug.parquet",
        "dpo": "preferences/dialect-only/train.parquet",
    }
    for kind, name in data.items():
        rows = pd.read_parquet(options.demo / name).head(options.examples)
        ours, theirs = write_inputs(folder, kind, model, rows)
        found: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
        for turn in range(options.turns):
            ours |= {"work": f"{folder}/{kind}-work-{turn}", "output": f"{folder}/{kind}-{turn}"}
            found["ours"].append(measure(sys.executable, _OURS, ours))
            found["theirs"].append(measure(python, _THEIRS, theirs))
        print_row(kind, len(rows), found)


def environment(folder: Path) -> str:
    """Return the interpreter of LLaMA-Factory's environment, built where it is missing."""
    python = folder / "bin" / "python"
    if not (folder / ".ready").is_file():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", *_PACKAGES], check=True)
        # Their builds are for GPUs; torchaudio is imported, and not used.
        subprocess.run([*pip, "uninstall", "--yes", "torchvision", "torchaudio"], check=True)
        (site,) = (folder / "lib").glob("python*/site-packages")
        (site / "torchaudio").mkdir(exist_ok=True)
        (site / "torchaudio" / "__init__.py").touch()
        (folder / ".ready").touch()
    return str(python)


def write_inputs(folder: Path, kind: str, model: Path, rows: pd.DataFrame) -> tuple[dict, dict]:
    """Write the rows as each side reads them; return the arguments of both."""
    tokenizer, data = load_tokenizer(model), folder / f"{kind}.parquet"
    write_table(data, rows, EXAMPLES if kind == "sft" else PAIRS)
    shared = {"learning_rate": _RATE, "seed": 42}
    settings = shared | {"epochs": 1, "rank": 8, "alpha": 16, "batch": 1, "accumulation": 8}
    settings |= {"cutoff": 256, "precision": "fp32"}
    ours = {"kind": kind, "model": str(model), "data": str(data), "settings": settings}
    prompts = chat_texts(tokenizer, [*rows["prompt"]])
    sides = (
        {"output": "completion"} if kind == "sft" else {"chosen": "chosen", "rejected": "rejected"}
    )
    table = {"instruction": prompts}
    for theirs, column in sides.items():
        pairs = zip(rows["prompt"], rows[column], strict=True)
        turns = [user_turn(prompt) + assistant_turn(answer) for prompt, answer in pairs]
        whole = zip(tokenizer.apply_chat_template(turns, tokenize=False), prompts, strict=True)
        table[theirs] = [text.removeprefix(head) for text, head in whole]
    pd.DataFrame(table).to_json(folder / f"{kind}.json", orient="records", force_ascii=False)
    columns = {"prompt": "instruction"} | {
        {"output": "response"}.get(name, name): name for name in sides
    }
    entry = {"file_name": f"{kind}.json", "columns": columns, "ranking": kind == "dpo"}
    (folder / "dataset_info.json").write_text(json.dumps({kind: entry}))
    return ours, shared | {
        "stage": kind, "do_train": True, "finetuning_type": "lora", "lora_target": "all",
        "model_name_or_path": str(model), "dataset_dir": str(folder), "dataset": kind,
        "template": "empty", "cutoff_len": 256, "output_dir": str(folder / f"{kind}-theirs"),
        "overwrite_output_dir": True, "overwrite_cache": True, "save_strategy": "no",
        "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "lora_rank": 8,
        "lora_alpha": 16, "num_train_epochs": 1, "lr_scheduler_type": "cosine", "warmup_steps": 0,
        "use_cpu": True, "bf16": False, "report_to": "none", "logging_steps": 10,
    }  # fmt: skip


def measure(python: str, code: str, arguments: dict) -> dict[str, float]:
    """Run a side in a process of its own and return its processor time and mean loss."""
    command = [python, "-c", _CLOCK + code, json.dumps(arguments)]
    quiet = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "DISABLE_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=os.environ | quiet, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("MEASURED")]
    if not lines:
        sys.exit(
            f"llama_factory: {python} ended with code {done.returncode}: {done.stderr[-2000:]}"
        )
    return json.loads(lines[0].removeprefix("MEASURED"))


def print_row(kind: str, number: int, found: dict[str, list[dict[str, float]]]) -> None:
    """Print one kind of training's line; end with a message where the losses are apart."""
    speeds, losses = (
        [statistics.median(run[key] for run in runs) for runs in found.values()]
        for key in ("seconds", "loss")
    )
    ours, theirs = (number / seconds for seconds in speeds)
    print(f"{kind:<5}{ours:>10.1f}{theirs:>10.1f}{ours / theirs:>7.2f}  {losses}", flush=True)
    if abs(losses[0] - losses[1]) > 0.02 * losses[0]:
        sys.exit(f"llama_factory: the losses of {kind} are apart, so the two learn other texts")


if __name__ == "__main__":
    main()
