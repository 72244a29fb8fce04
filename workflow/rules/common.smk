"""What all rules share: where things lie and what a job hangs on.

No rules here. A rule's parameters are its code digest and its own slice of the configuration,
as JSON with sorted keys: Snakemake compares parameters as text.
"""

import re

from lahja.code_digest import code_digest
from lahja.files import canonical_json, digest_of_folder
from lahja.model_graph import Model, ModelGraph

RUN = config["run"]
RESULTS = f"results/{RUN}"
WORK = f"{RESULTS}/work"
LOGS = f"logs/{RUN}"
BENCHMARKS = f"benchmarks/{RUN}"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
DIALECTS = config["dialects"]
GENERATORS = list(config["generators"])
GRAPH = ModelGraph(config["models"], config["datasets"])


def code(script: str) -> str:
    """Return the digest of a script and of the library modules that it imports."""
    return code_digest(SCRIPTS / f"{script}.py")


def content(folder: str) -> str:
    """Return the digest of a folder of this repository.

    Such a folder is a parameter of a rule, not its input: a fresh clone's files are newer than
    results that were made before, and time stamps would rerun all of them.
    """
    return digest_of_folder(Path(workflow.basedir) / folder)[:16]


def settings(*sections: str, **values) -> str:
    """Return sections of the configuration and further values as one JSON object."""
    merged = {"seed": config["seed"]}
    for section in sections:
        merged |= config[section]
    return canonical_json(merged | values)


def one_of(names) -> str:
    """Return the wildcard constraint that matches exactly these names."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


# --- corpora ----------------------------------------------------------------------------------


def corpora(*roles: str) -> list[str]:
    """Return the corpora in use that have one of the roles."""
    in_use = config["corpora_in_use"]
    return [name for name in in_use if config["corpora"][name]["role"] in roles]


def corpus_entry(name: str) -> dict:
    """Return a corpus's entry in the configuration."""
    return config["corpora"][name]


def corpus_folder(name: str) -> str:
    """Return the folder that a corpus's `path` is relative to, made by a rule of retrieve.smk."""
    if corpus_entry(name)["access"] == "demo":
        return f"{RESULTS}/data/demo"
    return f"{RESULTS}/data/raw/{name}"


def listing_of(name: str) -> str:
    """Return names and sizes of a local corpus's files, so that a changed file reruns its reader."""
    entry = corpus_entry(name)
    folder = Path(config["corpora_dir"], entry["path"])
    if entry["access"] not in ("local", "manual") or not folder.exists():
        return ""
    files = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    return canonical_json([[str(f.relative_to(folder)), f.stat().st_size] for f in files])


def preferences(objective: str) -> list[str]:
    """Return the preference datasets of an objective that are made of the generators' responses."""
    return [name for name in _preferences(objective) if "policy" not in config["datasets"][name]]


def on_policy(objective: str) -> list[str]:
    """Return the preference datasets of an objective that are made of a model's own samples."""
    return [name for name in _preferences(objective) if "policy" in config["datasets"][name]]


def policy_of(dataset: str) -> str:
    """Return the model that an on-policy dataset is sampled from."""
    return config["datasets"][dataset]["policy"]


def _preferences(objective: str) -> list[str]:
    entries = config["datasets"]
    return [name for name in datasets("preferences") if entries[name]["objective"] == objective]


def datasets(kind: str) -> list[str]:
    """Return the datasets of a kind."""
    return [name for name, entry in config["datasets"].items() if entry["kind"] == kind]


# --- what a model in training says itself -------------------------------------------------------

POLICY = f"{RESULTS}/policies/{{policy}}.{{samples}}"
# Training sentences to translate in all four directions, and a model's samples of them.
DIRECTED = f"{RESULTS}/prompts/directions.{{number}}.{{dialect}}.parquet"
SAMPLED = f"{POLICY}/directions.{{number}}/{{dialect}}.parquet"


def labels_of_policy(dataset: str) -> list[str]:
    """Return the labelled samples that an on-policy dataset is made of."""
    entry = config["datasets"][dataset]
    return expand(
        f"{POLICY}/labels/{{dialect}}.parquet",
        policy=entry["policy"],
        samples=entry["samples"],
        dialect=DIALECTS,
    )


def ranked_inputs(dataset: str) -> dict[str, list[str]]:
    """Return the prompts in all directions and the samples that a ranked dataset is made of."""
    entry = config["datasets"][dataset]
    parts = {key: entry[key] for key in ("policy", "samples")} | {"number": entry["per_direction"]}
    return {
        "prompts": expand(DIRECTED, dialect=DIALECTS, number=parts["number"]),
        "responses": expand(SAMPLED, dialect=DIALECTS, **parts),
    }


def ranked_settings(dataset: str) -> str:
    """Return the settings of a ranked dataset: its reward, its gates, its limits."""
    entry = config["datasets"][dataset]
    keys = ("gates", "dialect_weight", "least_margin", "least_length_ratio", "loops")
    own = {key: entry[key] for key in keys if key in entry}
    hardness = config["preferences"]["hardness"]
    return settings(
        **own,
        most_likeness=hardness["most_likeness"],
        fewest_words=hardness["fewest_words"],
        limits=config["preferences"]["gates"],
        batch=config["scorers"]["batch"],
    )
