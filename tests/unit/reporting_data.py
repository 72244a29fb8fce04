"""Plausible tables of a run, made up from a seed, for tests of metrics and reporting."""

import numpy as np
import pandas as pd

from lahja.varieties import DIALECTS, NADI_COUNTRIES, get_variety

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
        cells += [("monolingual", corpus, dialect, dialect) for corpus in ("BTEC", "HABIBI")]
        cells += [
            ("crosslingual", "Okapi", "eng", dialect),
            ("validation", "pairs", dialect, dialect),
        ]
        rows += [_prompt(*cell, number) for cell in cells for number in range(n)]
    return pd.DataFrame(rows)


def _prompt(task: str, corpus: str, source: str, target: str, number: int) -> dict[str, object]:
    with_reference = task in ("translation", "validation")
    return {
        "prompt_id": f"{task}-{corpus}-{source}-{target}-{number:03}",
        "task": task, "corpus": corpus, "source_variety": source, "target_variety": target,
        "source": SENTENCES[source].format(number),
        "reference": SENTENCES[target].format(number) if with_reference else None,
        "prompt": f"{target}: {SENTENCES[source].format(number)}",
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
    """Return FUNNEL with fewer rows at each step."""
    steps = {"responses": 90, "labelled": 80, "pairs": 20}
    return pd.DataFrame(
        [
            {"dialect": dialect, "kind": kind, "step": step, "count": count}
            for dialect in DIALECTS
            for kind in ("story", "translation")
            for step, count in steps.items()
        ]
    )


def rejects() -> pd.DataFrame:
    """Return REJECTS of one corpus."""
    row = {"corpus": "MADAR", "file": "a.tsv", "line": 1, "text": ""}
    return pd.DataFrame([row | {"reason": reason} for reason in ("empty", "empty", "duplicate")])
