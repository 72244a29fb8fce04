"""Where models lie and what they are given: roots, adapters, training steps, generators.

No rules here. The graph of models itself is `lahja.model_graph`.
"""

from lahja.classification import make_question
from lahja.environments import vllm_environment
from lahja.files import digest_of_file
from lahja.training.probe import ProbeSettings

# The questions that dialect classifiers are asked; small models have a token for each.
QUESTIONS = [config["datasets"][name] for name in datasets("classification")]

# Every scorer that may be a checkpoint of the hub.
SCORERS_OF_HUB = [
    name
    for name in ("aldi", "country", "language", "selecting_aldi", "selecting_country")
    if config["scorers"][name]
]

# What answers prompts in this run.
BACKENDS = {entry["backend"] for entry in [*config["generators"].values(), config["evaluation"]]}
# The environment of the vllm backend, shared by all runs.
VLLM_LOCK = vllm_environment(config["vllm"])
VLLM_FOLDER = f"results/environments/{VLLM_LOCK}"


def hub_folder(checkpoint: str) -> str:
    """Return where a checkpoint lies: itself if local, else the place that it is downloaded to."""
    path = Path(checkpoint)
    is_local = path.is_absolute() or path.parts[0] in (os.curdir, os.pardir)
    return checkpoint if is_local else f"results/hub/{'--'.join(path.parts)}"


def root_folder(name: str) -> str:
    """Return the folder of a model's root: a hub checkpoint, or one pretrained from scratch."""
    root = GRAPH.root(name)
    return hub_folder(root.checkpoint) if root.checkpoint else f"{RESULTS}/models/{root.name}"


def adapter_folder(name: str) -> list[str]:
    """Return the folder of a model's adapter, or nothing for a root."""
    if GRAPH[name].decoding:
        return adapter_folder(GRAPH[name].parent)
    return [f"{RESULTS}/models/{name}"] if GRAPH[name].is_adapter else []


def parent_adapter(name: str) -> list[str]:
    """Return the folder of the adapter that a training step continues, or nothing."""
    return adapter_folder(GRAPH[name].parent)


def step_settings(name: str) -> str:
    """Return the settings of a model's training step, its own departures included."""
    model = GRAPH[name]
    values = {**config["training"][model.train], **model.settings}
    # Another number of devices trains the same model.
    values.pop("gpu", None)
    values.pop("threads", None)
    # What watches a training does not change it.
    values.pop("report_to", None)
    if model.train == "pretrain":
        values["phrases"] = [make_question(entry["varieties"]).instruction for entry in QUESTIONS]
    return settings(**values)


def step_gpus(name: str) -> int:
    """Return how many GPUs a model's training step runs on, one process on each."""
    model = GRAPH[name]
    return (config["training"][model.train] | model.settings)["gpu"]


def step_probe(name: str) -> dict | None:
    """Return the settings of the translation probe of a model's training, if it has one."""
    return (config["training"]["dpo"] | GRAPH[name].settings)["probe"]


def probe_sentences(probe: dict) -> int:
    """Return how many sentences a probe translates; a model's own settings may leave it out."""
    return ProbeSettings(**probe).sentences


def step_tracker(name: str) -> str:
    """Return what a training step reports its curves to.

    It is asked for with `lambda wc, input`, whose changes Snakemake does not follow: switching
    it retrains nothing.
    """
    model = GRAPH[name]
    return (config["training"][model.train] | model.settings)["report_to"]


def step_record(name: str) -> str:
    """Return what a model's folder says of how the model came about."""
    model = GRAPH[name]
    record = {"name": name, "parent": model.parent, "train": model.train, "dataset": model.dataset}
    if model.end:
        record |= {"end": model.end, "weight": model.weight}
    return canonical_json(record)


def dataset_settings(name: str, **values) -> str:
    """Return the settings of a dataset, what is no script's business left out, and more values."""
    entry = config["datasets"][name]
    others = ("kind", "policy", "samples")
    return settings(**{key: entry[key] for key in entry if key not in others}, **values)


def generator(name: str, backend: str, decoding: dict, **values) -> str:
    """Return a generator as the generating scripts take it: sampling, batch, precision."""
    drawn = ("temperature", "top_p", "max_new_tokens")
    sampling = {key: decoding[key] for key in drawn} | {"seed": config["seed"]}
    run = {key: decoding[key] for key in ("batch", "precision")}
    return canonical_json({"name": name, "backend": backend, "sampling": sampling, **run, **values})


def environment_of(backend: str) -> list[str]:
    """Return the environment that a backend waits for; its age does not count."""
    is_built = backend == "vllm" and not config["vllm"]["python"]
    return [ancient(VLLM_FOLDER)] if is_built else []


def interpreter_of(backend: str) -> str:
    """Return the Python that runs a backend."""
    if backend != "vllm":
        return "python"
    return config["vllm"]["python"] or f"{VLLM_FOLDER}/bin/python"


def gpus_of(backend: str) -> int:
    """Return how many GPUs a backend runs on."""
    return {"transformers": 1, "vllm": config["vllm"]["gpus"]}.get(backend, 0)


def scorer_folder(name: str) -> str:
    """Return the folder of a scorer (aldi, country, language): a hub checkpoint or a small one."""
    found = config["scorers"][name]["checkpoint"]
    return hub_folder(found) if found else f"{RESULTS}/scorers/{name}"


def selecting_scorer(name: str) -> str:
    """Return the folder of a scorer (aldi, country) that selects: where none is named, the judge."""
    own = f"selecting_{name}"
    return scorer_folder(own if config["scorers"][own] else name)


def checked_scorer(name: str) -> list[str]:
    """Return the folder of a scorer whose agreement with a teacher is measured, or nothing.

    Stand-ins always are; scorers of the hub where recorded scores are in use.
    """
    is_stand_in = not config["scorers"][name]["checkpoint"]
    return [scorer_folder(name)] if is_stand_in or corpora("scorer") else []


def nllb_folder() -> str:
    """Return the folder of the NLLB model, from the hub or the small one."""
    found = config["nllb"]["checkpoint"]
    return hub_folder(found) if found else f"{RESULTS}/nllb"


def hub_request(repository: str) -> dict:
    """Return the checkpoint that a folder under `results/hub` is for, and its revision if given."""
    wanted = f"results/hub/{repository}"
    entries = [
        *({"checkpoint": m.checkpoint, "revision": m.revision} for m in GRAPH.models.values()),
        *(config["scorers"][name] for name in SCORERS_OF_HUB),
        config["nllb"],
    ]
    named = (entry for entry in entries if entry["checkpoint"])
    return next(entry for entry in named if hub_folder(entry["checkpoint"]) == wanted)


def generator_inputs(generator: str) -> dict:
    """Return what a generator needs on disk: a model's root and adapter, or a recording."""
    entry = config["generators"][generator]
    if entry["backend"] in ("transformers", "vllm"):
        return {
            "root": root_folder(entry["model"]),
            "adapter": adapter_folder(entry["model"]),
            "environment": environment_of(entry["backend"]),
        }
    if entry["backend"] == "recorded":
        return {"root": [], "adapter": [], "recordings": corpus_folder(entry["corpus"])}
    return {"root": [], "adapter": []}


def generator_settings(name: str) -> str:
    """Return a generator's settings, its departures from `decoding` included."""
    entry = config["generators"][name]
    extra = {}
    if entry["backend"] == "recorded":
        corpus = entry["corpus"]
        extra = {"folders": [f"{corpus_folder(corpus)}/{f}" for f in entry["folders"]]}
    if entry["backend"] == "openai":
        extra = {key: entry[key] for key in ("model", "base_url", "request")}
    return generator(name, entry["backend"], config["decoding"] | entry["decoding"], **extra)


def is_server(name: str) -> bool:
    """Return whether a generator is a server, which needs neither GPU nor core here."""
    return config["generators"][name]["backend"] == "openai"


def service_settings(name: str, dialect: str) -> str:
    """Return how a server is asked, which its answers do not hang on; `{}` for other generators."""
    entry = config["generators"][name]
    if not is_server(name):
        return "{}"
    asked = ("key", "concurrency", "deadline", "retries", "backoff", "longest_wait", "price")
    asked += ("budget", "batch_api", "batch_requests", "batch_poll")
    kept = f"{WORK}/generations/{name}"
    paths = {"costs": f"{kept}.costs.jsonl", "batches": f"{kept}.{dialect}.batches"}
    return canonical_json({key: entry[key] for key in asked} | paths)


def missing_keys(jobs) -> list[str]:
    """Return the environment variables that jobs need for a server's key and that are not set."""
    names = {job.wildcards.generator for job in jobs if job.rule.name == "generate_responses"}
    keys = {config["generators"][name]["key"] for name in names if is_server(name)}
    return sorted(key for key in keys if key and not os.environ.get(key))


def spbleu_folder() -> list[str]:
    """Return the NLLB checkpoint whose SentencePiece file is spBLEU's, where the run has one."""
    wanted = config["nllb"]["checkpoint"] and not config["scorers"]["spbleu_model"]
    return [nllb_folder()] if wanted else []


def spbleu_model() -> str | None:
    """Return the SentencePiece file of spBLEU: the config's, NLLB's, or none."""
    in_nllb = [f"{folder}/sentencepiece.bpe.model" for folder in spbleu_folder()]
    return config["scorers"]["spbleu_model"] or next(iter(in_nllb), None)


# What is evaluated: every model that talks.
EVALUATED = [
    model.name
    for model in GRAPH.models.values()
    if config["models"][model.name]["evaluate"] and model.dataset not in datasets("classification")
]
CLASSIFIERS = [config["preferences"]["classifier"], *config["evaluation"]["zero_shot"]]
# Those of them that are other models decoded by minimum Bayes risk.
BY_MBR = [name for name in EVALUATED if GRAPH[name].decoding == "mbr"]


def mbr_settings(name: str) -> dict:
    """Return how a model is decoded by minimum Bayes risk, its own departures included."""
    return config["evaluation"]["mbr"] | GRAPH[name].settings
