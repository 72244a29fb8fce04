"""What all rules share: where things lie, what a job hangs on, and the graph of models.

No rules here. A rule's parameters are its code digest and its own slice of the configuration,
as JSON with sorted keys: Snakemake compares parameters as text.
"""

import re

from lahja.code_digest import code_digest
from lahja.files import canonical_json
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


# --- models -----------------------------------------------------------------------------------


def hub_folder(checkpoint: str) -> str:
    """Return where a checkpoint lies: itself if local, else the place that it is downloaded to."""
    if checkpoint.startswith(("/", "./")):
        return checkpoint
    return f"results/hub/{checkpoint.replace('/', '--')}"


def root_folder(name: str) -> str:
    """Return the folder of a model's root: a hub checkpoint, or one pretrained from scratch."""
    root = GRAPH.root(name)
    return hub_folder(root.checkpoint) if root.checkpoint else f"{RESULTS}/models/{root.name}"


def adapter_folder(name: str) -> list[str]:
    """Return the folder of a model's adapter, or nothing for a root."""
    return [f"{RESULTS}/models/{name}"] if GRAPH[name].is_adapter else []


def parent_adapter(name: str) -> list[str]:
    """Return the folder of the adapter that a training step continues, or nothing."""
    return adapter_folder(GRAPH[name].parent)


def step_settings(name: str) -> str:
    """Return the settings of a model's training step, its own departures included."""
    model = GRAPH[name]
    return settings(**{**config["training"][model.train], **model.settings})


def step_record(name: str) -> str:
    """Return what a model's folder says of how the model came about."""
    model = GRAPH[name]
    return canonical_json(
        {"name": name, "parent": model.parent, "train": model.train, "dataset": model.dataset}
    )


def dataset_settings(name: str) -> str:
    """Return the settings of a dataset, its kind left out."""
    entry = config["datasets"][name]
    return settings(**{key: value for key, value in entry.items() if key != "kind"})


def generator(name: str, backend: str, decoding: dict, **values) -> str:
    """Return a generator as the generating scripts take it: sampling, batch, precision."""
    drawn = ("temperature", "top_p", "max_new_tokens")
    sampling = {key: decoding[key] for key in drawn} | {"seed": config["seed"]}
    run = {key: decoding[key] for key in ("batch", "precision")}
    return canonical_json({"name": name, "backend": backend, "sampling": sampling, **run, **values})


def datasets(kind: str) -> list[str]:
    """Return the datasets of a kind."""
    return [name for name, entry in config["datasets"].items() if entry["kind"] == kind]


def scorer_folder(name: str) -> str:
    """Return the folder of a scorer (aldi, country, language): a hub checkpoint or a small one."""
    found = config["scorers"][name]["checkpoint"]
    return hub_folder(found) if found else f"{RESULTS}/scorers/{name}"


def nllb_folder() -> str:
    """Return the folder of the NLLB model, from the hub or the small one."""
    found = config["nllb"]["checkpoint"]
    return hub_folder(found) if found else f"{RESULTS}/nllb"


# What is evaluated: every model that talks, in the config's order.
EVALUATED = [
    model.name
    for model in GRAPH.models.values()
    if config["models"][model.name]["evaluate"] and model.dataset not in datasets("classification")
]
CLASSIFIERS = [config["preferences"]["classifier"], *config["evaluation"]["zero_shot"]]
