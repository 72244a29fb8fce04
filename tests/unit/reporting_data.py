"""Plausible tables of a run, made up from a seed, for tests of metrics and reporting."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.core.varieties import NADI_COUNTRIES, VARIETIES, dialects_among, get_variety

DIALECTS = dialects_among(VARIETIES)

MODELS = ("llama", "llama+RL", "llama-T", "llama-T+RL", "llama-T-clean", "qwen", "qwen+RL")
STARTS = {
    "llama+RL": "llama", "llama-T": "llama", "llama-T-clean": "llama", "llama-T+RL": "llama-T",
    "qwen+RL": "qwen",
}  # fmt: skip

SENTENCES = {
    "egy": "أنا مش عايز أروح السوق دلوقتي، هروح بكرة الساعة {}",
    "mar": "أنا ما بغيتش نمشي للسوق دابا، غادي نمشي غدا مع {}",
    "pse": "أنا ما بدي أروح ع السوق هلأ، رح أروح بكرا الساعة {}",
    "sau": "أنا ما أبغى أروح السوق الحين، بروح بكرة الساعة {}",
    "syr": "أنا ما بدي روح عالسوق هلق، رح روح بكرا الساعة {}",
    "msa": "أنا لا أريد أن أذهب إلى السوق الآن، سأذهب غدا الساعة {}",
    "eng": "I do not want to go to the market now, I will go tomorrow at {}",
}


def evaluation_prompts(n: int = 12) -> pd.DataFrame:
    """Return EVALUATION_PROMPTS of every task, `n` per direction or dialect."""
    rows = []
    for dialect in DIALECTS:
        directions = [("eng", dialect), ("msa", dialect), (dialect, "eng"), (dialect, "msa")]
        cells = [("translation", "FLORES", *direction) for direction in directions]
        cells += [("monolingual", corpus, None, dialect) for corpus in ("BTEC", "HABIBI")]
        cells += [
            ("crosslingual", "Okapi", None, dialect),
            ("validation", "pairs", dialect, dialect),
        ]
        rows += [_prompt(*cell, number) for cell in cells for number in range(n)]
    return pd.DataFrame(rows)


def _prompt(
    task: str, corpus: str, source: str | None, target: str, number: int
) -> dict[str, object]:
    with_reference = task in ("translation", "validation")
    asked = SENTENCES[source or ("eng" if task == "crosslingual" else target)].format(number)
    return {
        "prompt_id": f"{task}-{corpus}-{source}-{target}-{number:03}",
        "task": task, "corpus": corpus, "source_variety": source, "target_variety": target,
        "source": asked if source else None,
        "reference": SENTENCES[target].format(number) if with_reference else None,
        "prompt": f"{target}: {asked}",
    }  # fmt: skip


def scored_responses(prompts: pd.DataFrame, model: str, seed: int = 0) -> pd.DataFrame:
    """Return SCORED: models with +RL answer in dialect more often and drop more words."""
    generator = np.random.default_rng((seed, sum(map(ord, model))))
    is_rl = model.endswith("+RL")
    rows = [_response(row, model, is_rl, generator) for row in prompts.to_dict("records")]
    return pd.DataFrame(rows)


def _response(
    row: dict[str, object], model: str, is_rl: bool, generator: np.random.Generator
) -> dict[str, object]:
    target = str(row["target_variety"])
    in_dialect = get_variety(target).is_dialect and generator.random() < (0.8 if is_rl else 0.2)
    answer = SENTENCES[target if in_dialect or target in ("eng", "msa") else "msa"]
    words = answer.format(generator.integers(10)).split()
    kept = [word for word in words if generator.random() > (0.3 if is_rl else 0.1)]
    countries = generator.dirichlet(np.full(len(NADI_COUNTRIES), 0.2))
    if in_dialect:
        wanted = NADI_COUNTRIES.index(str(get_variety(target).country))
        countries = 0.3 * countries + 0.7 * np.eye(len(NADI_COUNTRIES))[wanted]
    return {
        "prompt_id": row["prompt_id"], "model": model, "response": " ".join(kept),
        "finish_reason": "stop", "language": "eng" if target == "eng" else "ara",
        "is_arabic": target != "eng",
        "aldi": float(generator.beta(8, 2) if in_dialect else generator.beta(1, 8)),
        "countries": list(countries),
    }  # fmt: skip


def predictions(
    accuracy: float, options: tuple[str, ...], n: int = 40, seed: int = 0
) -> pd.DataFrame:
    """Return PREDICTIONS of a classifier that is right with the given probability."""
    generator = np.random.default_rng(seed)
    rows = []
    for variety in (*DIALECTS, "msa"):
        for number in range(n):
            right = generator.random() < accuracy and variety in options
            answer = variety if right else str(generator.choice(options))
            rows.append({
                "sentence_id": f"{variety}-{number}", "variety": variety, "predicted": answer,
                "options": list(options), "probabilities": [1 / len(options)] * len(options),
            })  # fmt: skip
    return pd.DataFrame(rows)


def funnel() -> pd.DataFrame:
    """Return FUNNEL with fewer rows at each step, and the dataset."""
    steps = {"responses": 90, "labelled": 80, "pairs": 20}
    return pd.DataFrame(
        [
            {"dialect": dialect, "kind": kind, "step": step, "count": count, "dataset": "made-up"}
            for dialect in DIALECTS
            for kind in ("story", "translation")
            for step, count in steps.items()
        ]
    )


def pairs(n: int = 4) -> pd.DataFrame:
    """Return PAIRS, `n` of each dialect, and their dataset."""
    sides = {"chosen": "gpt-4o", "rejected": "llama"}
    return pd.DataFrame([
        {
            "pair_id": f"{dialect}{number}", "prompt_id": f"{dialect}{number}",
            "dialect": dialect, "kind": "story", "prompt": "?", "dataset": "made-up",
            "chosen": SENTENCES[dialect], "rejected": SENTENCES["msa"],
            "chosen_label": dialect, "rejected_label": "msa",
            **{f"{side}_generator": generator for side, generator in sides.items()},
            "chosen_origin": "translated" if number == 0 else "generated",
            "rejected_origin": "generated",
        }
        for dialect in DIALECTS
        for number in range(n)
    ])  # fmt: skip


def counts() -> pd.DataFrame:
    """Return what became of one corpus's rows."""
    rows = {"read": 1240, "kept": 1234, "pairs": 900, "duplicate": 6}
    return pd.DataFrame(
        [
            {"corpus": "MADAR", "variety": "egy", "split": "train", "outcome": outcome, "count": n}
            for outcome, n in rows.items()
        ]
    )


def rejects() -> pd.DataFrame:
    """Return REJECTS of one corpus."""
    row = {"corpus": "MADAR", "file": "a.tsv", "line": 1, "text": ""}
    return pd.DataFrame([row | {"reason": reason} for reason in ("empty", "empty", "duplicate")])


def write_trained_model(folder: Path, train: str, steps: int = 300) -> Path:
    """Write the record and the training curve of a model, as training does; return its folder."""
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(json.dumps({"name": folder.name, "train": train}))
    generator = np.random.default_rng(len(folder.name))
    step = np.arange(1, steps + 1)
    curve = {"step": step, "loss": 0.2 + np.exp(-step / 80) + generator.normal(0, 0.03, steps)}
    if train == "dpo":
        curve["rewards/margins"] = 3 - 3 * np.exp(-step / 60)
        curve["rewards/accuracies"] = np.clip(0.5 + step / steps, 0, 1)
        curve["logps/chosen"], curve["logps/rejected"] = -20 - step / 50, -25 - step / 9
        curve["eval_loss"] = np.where(step % 50 == 0, 0.3 + np.exp(-step / 80), np.nan)
    pd.DataFrame(curve).to_csv(folder / "training.csv", index=False)
    return folder


BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write_benchmarks(folder: Path) -> Path:
    """Write benchmark files as Snakemake does, one of them of a job too short to be measured."""
    jobs = {"train_sft/a.tsv": "120.0", "train_sft/b.tsv": "60.0", "build_pairs.tsv": "6.0"}
    for name, seconds in jobs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{BENCHMARK}{seconds}\t0:02:00\t810.4\t0\t0\t0\t0\t0\t90.4\t90.0\n")
    short = folder / "record_run.tsv"
    short.write_text(f"{BENCHMARK}0.1\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n")
    return folder


RULEGRAPH = """digraph snakemake_dag {
    graph[bgcolor=white, margin=0];
    node[shape=box, style=rounded, fontname=sans, fontsize=10, penwidth=2];
    edge[penwidth=2, color=grey];
\t0[label = "all", color = "0.00 0.6 0.85", style="rounded"];
\t1[label = "build_report", color = "0.14 0.6 0.85", style="rounded"];
\t2[label = "build_pairs", color = "0.23 0.6 0.85", style="rounded"];
\t3[label = "train_sft", color = "0.23 0.6 0.85", style="rounded"];
\t1 -> 0
\t2 -> 1
\t3 -> 1
\t3 -> 2
}
"""
