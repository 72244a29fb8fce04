"""The work of each rule's jobs, from the config's models and the run's sizes."""

from collections.abc import Callable
from typing import Any

from lahja.model_graph import ModelGraph
from lahja.planning.checkpoints import Shape, small_shape
from lahja.planning.jobs import Job
from lahja.planning.sizes import Sizes
from lahja.planning.work import Decoding, Download, Reading, Requests, Rows, Training, Work
from lahja.training.objectives import OBJECTIVES

# Requests that vLLM's engine keeps in flight (its own default); it takes no batch.
VLLM_REQUESTS = 256
# A small scorer and a small translator, whose settings have defaults of their own in training.
_SMALL_SCORER = small_shape(
    {"hidden": 128, "layers": 2, "heads": 4, "intermediate": 256, "vocabulary": 4000}
)
_SMALL_NLLB = small_shape(
    {"hidden": 128, "layers": 5, "heads": 4, "intermediate": 384, "vocabulary": 4096}
)


class Workload:
    """What every job of a run has to do."""

    def __init__(self, config: dict[str, Any], sizes: Sizes, shape_of: Callable[[str], Shape]):
        """Take a resolved configuration, its sizes, and how to look up a checkpoint's shape."""
        self.config, self.sizes, self.shape_of = config, sizes, shape_of
        self.graph = ModelGraph(config["models"], config["datasets"])

    def of(self, job: Job) -> Work:
        """Return a job's work; a rule that is not known here only goes through rows."""
        if self.knows(job.rule):
            return getattr(self, f"_{job.rule}")(job)
        return Work((Rows(self._rows(job)),))

    def knows(self, rule: str) -> bool:
        """Return whether a rule's work is worked out here, not taken as a walk through rows."""
        return hasattr(self, f"_{rule}")

    def model_shape(self, name: str) -> Shape:
        """Return the shape of a model's root."""
        root = self.graph.root(name)
        if root.checkpoint:
            return self.shape_of(root.checkpoint)
        return small_shape({**self.config["training"]["pretrain"], **root.settings})

    def checkpoints(self) -> list[str]:
        """Return the hub checkpoints that the run fetches or reads, each once."""
        named = [self.config["scorers"][name] for name in _SCORERS]
        scorers = [scorer["checkpoint"] for scorer in named if scorer]
        found = [model.checkpoint for model in self.graph.models.values()]
        return [*dict.fromkeys(filter(None, [*found, *scorers, self.config["nllb"]["checkpoint"]]))]

    # --- models from elsewhere, and small ones -----------------------------------------------

    def _retrieve_model(self, job: Job) -> Work:
        wanted = job.wildcards["repository"]
        named = [name for name in self.checkpoints() if name.replace("/", "--") == wanted]
        return Work(tuple(Download(self.shape_of(name).download_bytes) for name in named))

    def _build_vllm_environment(self, job: Job) -> Work:
        return Work((Download(self.sizes.assumed.environment_bytes),))

    def _pretrain_model(self, job: Job) -> Work:
        model = self.graph[job.wildcards["model"]]
        options = {**self.config["training"]["pretrain"], **model.settings}
        return self._from_scratch(
            small_shape(options),
            self.sizes.examples(model.dataset),
            self.sizes.example_tokens("instructions"),
            options,
        )

    def _train_small_aldi(self, job: Job) -> Work:
        return self._small_scorer(self.config["scorers"]["aldi"]["settings"])

    def _train_small_country(self, job: Job) -> Work:
        return self._small_scorer(self.config["scorers"]["country"]["settings"])

    def _train_selecting_aldi(self, job: Job) -> Work:
        return self._small_scorer(self.config["scorers"]["selecting_aldi"]["settings"])

    def _train_selecting_country(self, job: Job) -> Work:
        return self._small_scorer(self.config["scorers"]["selecting_country"]["settings"])

    def _small_scorer(self, settings: dict[str, Any]) -> Work:
        most = settings.get("max_sentences") or self.sizes.assumed.scorer_sentences
        texts = most * len(self.sizes.dialects)
        return self._from_scratch(
            _SMALL_SCORER, texts, self.sizes.assumed.sentence_tokens, settings
        )

    def _train_small_nllb(self, job: Job) -> Work:
        settings = self.config["nllb"]["settings"]
        tokens = 2 * self.sizes.assumed.sentence_tokens
        return self._from_scratch(_SMALL_NLLB, 2 * self.sizes.pairs, tokens, settings)

    def _from_scratch(
        self, shape: Shape, examples: float, tokens: float, settings: dict[str, Any]
    ) -> Work:
        batch = max(1.0, settings.get("batch_tokens", 4096) / tokens)
        epochs = settings.get("epochs", 3)
        return Work((Training(shape, examples, tokens, epochs, batch, passes=3),), shape)

    # --- supervised and preference training --------------------------------------------------

    def _train_sft(self, job: Job) -> Work:
        return self._adapter(job, extra_passes=0)

    def _train_dpo(self, job: Job) -> Work:
        model = self.graph[job.wildcards["model"]]
        options = {**self.config["training"]["dpo"], **model.settings}
        # The reference reads both sides too, without gradients.
        return self._adapter(job, extra_passes=OBJECTIVES[options["objective"]].has_reference)

    def _adapter(self, job: Job, extra_passes: int) -> Work:
        model = self.graph[job.wildcards["model"]]
        options = {**self.config["training"][model.train], **model.settings}
        kind = self.config["datasets"][model.dataset]["kind"]
        sides = 2 if kind == "preferences" else 1
        tokens = min(self.sizes.example_tokens(kind), sides * options["cutoff"])
        shape = self.model_shape(model.name)
        is_recomputed = options["gradient_checkpointing"] is not False
        training = Training(
            shape,
            self.sizes.examples(model.dataset),
            tokens,
            options["epochs"],
            options["batch"],
            passes=2 + is_recomputed + extra_passes,
            gpus=max(1, job.gpus),
        )
        return Work((training,), shape)

    def _augment_translation(self, job: Job) -> Work:
        decoding = self.config["nllb"]["decoding"]
        checkpoint = self.config["nllb"]["checkpoint"]
        shape = self.shape_of(checkpoint) if checkpoint else _SMALL_NLLB
        tokens = self.sizes.assumed.sentence_tokens
        texts = self.sizes.pairs * self.sizes.assumed.lacking_share
        rows = decoding["batch"] * decoding["beams"]
        # A batch goes on until its longest translation ends, here at half as much again.
        new = min(1.5 * tokens, decoding["max_length"])
        return Work((Decoding(shape, texts * decoding["beams"], tokens, new, rows),), shape)

    # --- generation, labels ------------------------------------------------------------------

    def _generate_responses(self, job: Job) -> Work:
        entry = self.config["generators"][job.wildcards["generator"]]
        prompts = self.sizes.prompts(job.wildcards["dialect"])
        if entry["backend"] == "recorded":
            return Work((Rows(prompts),))
        tokens, new = self.sizes.prompt_tokens, self.answer_tokens(job.wildcards["generator"])
        if entry["backend"] == "openai":
            at_once, is_batch = entry["concurrency"], entry["batch_api"]
            return Work((Requests(prompts, tokens, new, at_once, is_batch),))
        return self._answering(job, entry["model"], prompts, entry["backend"], entry["decoding"])

    def answer_tokens(self, generator: str) -> float:
        """Return the tokens that a generator's answer is assumed to have."""
        decoding = self.config["decoding"] | self.config["generators"][generator]["decoding"]
        return min(self.sizes.assumed.answer_tokens, decoding["max_new_tokens"])

    def _answering(
        self, job: Job, model: str, prompts: float, backend: str, changes: dict[str, Any]
    ) -> Work:
        """Return the decoding of a model of the graph.

        transformers goes on with a batch until its longest answer ends, in practice at the limit;
        vLLM puts the next request in the place of one that is done.
        """
        decoding = self.config["decoding"] | changes
        shape = self.model_shape(model)
        limit = decoding["max_new_tokens"]
        if backend == "vllm":
            batch, new = VLLM_REQUESTS, min(self.sizes.assumed.answer_tokens, limit)
        else:
            batch, new = decoding["batch"], limit
        gpus = max(1, job.gpus)
        return Work((Decoding(shape, prompts, self.sizes.prompt_tokens, new, batch, gpus),), shape)

    def _label_responses(self, job: Job) -> Work:
        texts = self.sizes.responses(job.wildcards["dialect"])
        return self._labelling(self.config["preferences"]["classifier"], texts)

    def _sample_policy(self, job: Job) -> Work:
        number = int(job.wildcards["samples"]) * self.sizes.prompts(job.wildcards["dialect"])
        backend = self.config["evaluation"]["backend"]
        return self._answering(job, job.wildcards["policy"], number, backend, {})

    def _sample_directions(self, job: Job) -> Work:
        number = int(job.wildcards["samples"]) * _DIRECTIONS * int(job.wildcards["number"])
        backend = self.config["evaluation"]["backend"]
        return self._answering(job, job.wildcards["policy"], number, backend, {})

    def _build_ranked_pairs(self, job: Job) -> Work:
        entry = self.config["datasets"][job.wildcards["dataset"]]
        asked = len(self.sizes.dialects) * _DIRECTIONS * entry["per_direction"]
        return self._scoring(["aldi", "country"], asked * entry["samples"])

    def _label_policy(self, job: Job) -> Work:
        texts = int(job.wildcards["samples"]) * self.sizes.prompts(job.wildcards["dialect"])
        return self._labelling(self.config["preferences"]["classifier"], texts)

    def _relabel_translations(self, job: Job) -> Work:
        return self._labelling(self.config["preferences"]["classifier"], self._mismatches(job))

    def _labelling(self, model: str, texts: float) -> Work:
        shape, batch = self.model_shape(model), self.config["preferences"]["batch"]
        return Work((Reading(shape, texts, self.sizes.labelled_tokens, batch),), shape)

    def _translate_mismatches(self, job: Job) -> Work:
        model = self.config["preferences"]["translator"]
        return self._answering(job, model, self._mismatches(job), "transformers", {})

    def _mismatches(self, job: Job) -> float:
        responses = self.sizes.responses(job.wildcards["dialect"])
        return responses * self.sizes.assumed.mismatch_share

    # --- evaluation --------------------------------------------------------------------------

    def _classify_sentences(self, job: Job) -> Work:
        return self._labelling(job.wildcards["classifier"], self.sizes.questions)

    def _classify_with_countries(self, job: Job) -> Work:
        return self._scoring(["country"], self.sizes.questions)

    def _generate_evaluation(self, job: Job) -> Work:
        number = self.sizes.evaluation_prompts
        backend = self.config["evaluation"]["backend"]
        return self._answering(job, job.wildcards["model"], number, backend, {})

    def _sample_evaluation(self, job: Job) -> Work:
        model = job.wildcards["model"]
        number = self.sizes.evaluation_prompts * self._samples(model)
        backend = self.config["evaluation"]["backend"]
        return self._answering(job, model, number, backend, {})

    def _choose_by_mbr(self, job: Job) -> Work:
        number = self.sizes.evaluation_prompts * self._samples(job.wildcards["model"])
        return self._scoring(["aldi", "country"], number)

    def _samples(self, model: str) -> int:
        return (self.config["evaluation"]["mbr"] | self.graph[model].settings)["samples"]

    def _score_dialectness(self, job: Job) -> Work:
        return self._scoring(["aldi"], self.sizes.sentences)

    def _score_responses(self, job: Job) -> Work:
        return self._scoring(["aldi", "country"], self.sizes.evaluation_prompts)

    def _check_scorers(self, job: Job) -> Work:
        return self._scoring(["aldi", "country"], self.sizes.assumed.scorer_sentences)

    def _scoring(self, scorers: list[str], texts: float) -> Work:
        shapes = [self._scorer_shape(name) for name in scorers]
        tokens, batch = self.sizes.assumed.answer_tokens, self.config["scorers"]["batch"]
        return Work(tuple(Reading(shape, texts, tokens, batch) for shape in shapes), shapes[0])

    def _scorer_shape(self, name: str) -> Shape:
        checkpoint = self.config["scorers"][name]["checkpoint"]
        return self.shape_of(checkpoint) if checkpoint else _SMALL_SCORER

    def _rows(self, job: Job) -> float:
        """Return the rows that a script without a model goes through, more rather than fewer."""
        if job.rule in ("ingest_corpus", "assemble_data", "collect_teacher_scores"):
            return self.sizes.sentences / (
                len(self.config["corpora_in_use"]) if job.wildcards else 1
            )
        if job.rule.startswith("build_") and "dataset" in job.wildcards:
            return self.sizes.examples(job.wildcards["dataset"])
        if job.rule in ("compute_metrics", "make_figures", "build_report", "write_rating_sheets"):
            evaluated = [m for m in self.config["models"].values() if m["evaluate"]]
            return len(evaluated) * self.sizes.evaluation_prompts
        return self.sizes.evaluation_prompts if "model" in job.wildcards else 0.0


_DIRECTIONS = 4
_SCORERS = ("aldi", "country", "language", "selecting_aldi", "selecting_country")
