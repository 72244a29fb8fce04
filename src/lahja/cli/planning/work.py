"""The work of the jobs that take time, from the config and what it leaves open, on a machine."""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lahja.cli.planning.jobs import Job
from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml
from lahja.core.model_graph import ModelGraph
from lahja.core.selection import Selection

_CHECKPOINTS = Path("resources/rates/checkpoints.yaml")
_MEMORY_SHARE = 0.8  # of that beside the weights, for micro-batches (training/batches.py)
_CHOICE_TOKENS = 2  # of an answer to a multiple choice: a letter and the end
_DRAWN = 64  # answers that GRPO draws at a time (training/grpo.py)
_VLLM_REQUESTS = 256  # kept in flight, vLLM's own default


@dataclass(frozen=True)
class Shape:
    """A model's size; resources/rates/checkpoints.yaml explains the numbers."""

    parameters: float
    layers: int
    key_value: int
    download_bytes: float = 0.0
    embedding: float = 0.0
    head: float = 0.0
    gated: bool = False

    @property
    def weight_bytes(self) -> float:
        """Bytes of the weights in bf16."""
        return 2 * self.parameters


@cache
def checkpoint_shape(name: str | None) -> Shape:
    """Return a checkpoint's shape as the table of them has it; None is one of the workflow's."""
    if entry := read_yaml(_CHECKPOINTS).get(name or "pretrained"):
        return Shape(**entry)
    raise LahjaError(f"the size of checkpoint {name} is not known: enter it in {_CHECKPOINTS}")


class Rates(SimpleNamespace):
    """A machine's speeds, as resources/rates/a6000.yaml names them (a roofline with a floor)."""

    def forward(self, shape: Shape, tokens: float) -> float:
        """Return the seconds of one forward pass over a batch of so many tokens."""
        # The longest of three: operations, reading the weights, launching the layers.
        operations = 2 * shape.parameters * tokens / (self.matrix_flops * self.matrix_share)
        reading = shape.weight_bytes / (self.memory_bytes_per_second * self.memory_share)
        return max(operations, reading, shape.layers * self.seconds_per_layer)

    def decoding(self, shape: Shape, batch: float, tokens: float, new: float) -> float:
        """Return the seconds of answering a batch of prompts of `tokens` with `new` tokens."""
        # Keys and values of all tokens so far are read at each step, in bf16.
        cache = 4 * shape.layers * shape.key_value * batch * (tokens + new / 2)
        step = cache / (self.memory_bytes_per_second * self.memory_share)
        return self.forward(shape, batch * tokens) + new * (self.forward(shape, batch) + step)


class Workload:
    """What the jobs of a run have to do, and how long that takes.

    Training, generation, NLLB and APIs are worked out; any other job takes a fixed time.
    """

    def __init__(self, config: dict[str, Any], sizes: SimpleNamespace, rates: Rates):
        """Take a resolved configuration, resources/rates/sizes.yaml, and a machine's speeds."""
        self.config, self.sizes, self.rates = config, sizes, rates
        self.graph = ModelGraph(config["models"], config["datasets"])
        asked, tested, dialects = config["prompts"], config["evaluation"], config["dialects"]
        self.prompt_tokens = sizes.chat_tokens + sizes.template_tokens + sizes.sentence_tokens
        # What generators answer, and what every evaluated model does.
        wordings = len(asked.get("msa_templates", ["lahja's own"]))
        more = wordings * asked["translation_per_dialect"] + asked["recorded_per_dialect"]
        self.prompts = sum(config["sampling"]["per_dialect"][code] + more for code in dialects)
        sentences = tested["per_direction"] or sizes.flores_sentences
        translated = sentences * len(tested["translation"]) + (
            tested["validation_translation"] or 0
        )
        ready = (tested["per_dialect"] or sizes.ready_prompts_per_corpus) * len(tested["prompts"])
        ready += config["preferences"]["validation_per_dialect"]
        self.directions = 4 * len(dialects)  # each dialect with English and with MSA, both ways
        self.sentences = 3 * len(dialects)  # from MSA, and into MSA and English
        self.evaluated = self.directions * translated + len(dialects) * ready
        # A judge answers once for each response.
        self.selection = Selection(config, self.graph)
        judged = self.evaluated * len(self.selection.answering)
        self.requests = dict.fromkeys(config["generators"], self.prompts)
        self.requests |= dict.fromkeys(self.selection.judges, judged)
        # Translation pairs of all corpora: a dialect sentence with its MSA or English.
        entries = [entry for entry in config["datasets"].values() if entry.get("max_pairs")]
        limits = (entry["max_pairs"] / len(entry["directions"]) for entry in entries)
        self.pairs = max(limits, default=sizes.translation_pairs)

    def seconds(self, job: Job) -> tuple[float, float]:
        """Return a job's seconds before its work (imports, loading a model), and of its work."""
        rates, (shape, work), start = self.rates, self.work(job), 0.0
        if shape:
            start = rates.start_seconds + shape.weight_bytes / rates.load_bytes_per_second
        return start, work / (1 + max(0, job.gpus - 1) * rates.second_gpu_gain)

    def work(self, job: Job) -> tuple[Shape | None, float]:
        """Return the model that a job loads, and the seconds of its work on one GPU."""
        # What decoding evaluation has of its own is a word.
        evaluation, model = self.config["evaluation"] | {"decoding": {}}, job.wildcards.get("model")
        match job.rule:
            case "train_sft" | "train_dpo" | "train_grpo":
                return self._training(model)
            case "augment_translation" if self.config["nllb"]["checkpoint"]:
                options, tokens = self.config["nllb"]["decoding"], self.sizes.sentence_tokens
                shape = checkpoint_shape(self.config["nllb"]["checkpoint"])
                batches = self.pairs * self.sizes.lacking_share / options["batch"]
                # A batch ends with its longest translation, here half as long again.
                rows, limit = options["batch"] * options["beams"], options["max_length"]
                decoding = self.rates.decoding(shape, rows, tokens, min(1.5 * tokens, limit))
                return shape, batches * decoding
            case "generate_responses" | "ask_judge":
                name = job.wildcards["generator"]
                entry = self.config["generators"][name]
                if entry["backend"] in ("vllm", "transformers"):
                    return self._answers(entry["model"], self.prompts, entry)
                if entry["backend"] == "openai":
                    times = self.requests[name] / entry["concurrency"]
                    return None, times * self.rates.request_seconds
            case "generate_evaluation":
                return self._answers(model, self.evaluated, evaluation)
            case "sample_evaluation":
                samples = (evaluation["mbr"] | self.graph[model].settings)["samples"]
                return self._answers(model, samples * self.evaluated, evaluation)
            case "sample_policy":
                name, samples, table = (job.wildcards[k] for k in ("policy", "samples", "asked"))
                asked, _, number = table.partition(".")
                each = {"directions": self.directions, "sentences": self.sentences}
                prompts = each[asked] * int(number) if number else self.prompts
                return self._answers(name, int(samples) * prompts, evaluation)
            case "translate_mismatches":
                number = len(self.selection.generators) * self.prompts * self.sizes.mismatch_share
                return self._answers(self.config["preferences"]["translator"], number, evaluation)
        return None, self.rates.fixed_seconds.get(job.rule, self.rates.fixed_seconds["other"])

    def _asked(self, entry: dict[str, Any]) -> float:
        """Return the prompts of a dataset of samples or pairs, those of its dialects alone."""
        each = self.directions + self.sentences * (entry.get("sources") == "monolingual")
        return self._share(entry) * (each * entry.get("per_direction", 0) or self.prompts)

    def _share(self, entry: dict[str, Any]) -> float:
        return len(entry.get("dialects", dialects := self.config["dialects"])) / len(dialects)

    def examples(self, dataset: str) -> tuple[float, float, float]:
        """Return a dataset's examples, the tokens of each (of both sides), and those answered."""
        entry, sizes = self.config["datasets"][dataset], self.sizes
        question, sentence = sizes.chat_tokens + sizes.sentence_tokens, sizes.sentence_tokens
        match entry["kind"]:
            case "preferences":
                number = entry["pairs_per_prompt"] * sizes.paired_share * self._asked(entry)
                answers = 2 * sizes.answer_tokens
                return number, 2 * self.prompt_tokens + answers, answers
            case "mixture":
                parts = [(weight, *self.examples(own)) for own, weight in entry["of"].items()]
                number = sum(weight * count for weight, count, *_ in parts)
                tokens, answered = (
                    sum(part[0] * part[1] * part[place] for part in parts) / number
                    for place in (2, 3)
                )
                return number, tokens, answered
            case "best" | "mbr" | "prompts":
                answers = sizes.answer_tokens
                return self._asked(entry), self.prompt_tokens + answers, answers
            case "classification":
                number = entry["per_variety"] * len(entry["varieties"])
                return number, question + sizes.question_tokens, _CHOICE_TOKENS
            case "translation":
                share = sizes.clean_share if entry["variant"] == "clean" else 1.0
                number = self.pairs * len(entry["directions"]) * share * self._share(entry)
                tokens = question + sizes.template_tokens / 2 + sentence
                return min(number, entry["max_pairs"] or number), tokens, sentence
            case "text":
                # As many as there are pairs, where the dataset has no limit.
                own = entry["per_variety"] or self.pairs / len(self.config["dialects"])
                return own * len(entry["varieties"]), sentence, sentence
        number = entry["max_examples"] or sizes.instruction_examples
        return number + (entry["plain_sentences"] or 0), self.prompt_tokens + sentence, sentence

    def _training(self, name: str) -> tuple[Shape, float]:
        # With frozen weights a backward pass costs a forward pass, recomputing activations another.
        model, shape = self.graph[name], checkpoint_shape(self.graph.root(name).checkpoint)
        options = self.config["training"][model.train] | model.settings
        number, tokens, answered = self.examples(model.dataset)
        fitting = _MEMORY_SHARE * (self.rates.memory_bytes - shape.weight_bytes)
        fitting /= shape.parameters * self.sizes.token_bytes_per_parameter
        recomputed = options["gradient_checkpointing"]
        recomputed = fitting < tokens if recomputed is None else recomputed
        # GRPO learns several answers of its own to each prompt.
        answers = options.get("generations", 1)
        number *= answers
        # An update is cut evenly into passes.
        update = options["batch"] * options["accumulation"] * answers * tokens
        parts = math.ceil(update / (options["micro_batch_tokens"] or max(fitting, tokens)))
        # Embeddings are looked up, and the head is multiplied where an answer is.
        idle = shape.embedding + shape.head * (1 - answered / tokens)
        multiplied = replace(shape, parameters=shape.parameters - idle)
        # DPO's reference is computed once, GRPO's of every answer.
        has_reference = answers > 1 and options["beta"] > 0
        repeated = options["epochs"] * (2 + recomputed + has_reference) + (model.train == "dpo")
        passes = parts * number * tokens / update * repeated
        drawing = 0.0
        if answers > 1:
            drawn = {"batch": _DRAWN, "max_new_tokens": options["max_new_tokens"]}
            how = {"backend": "transformers", "decoding": drawn}
            drawing = self._answers(name, options["epochs"] * number, how)[1]
        return shape, passes * self.rates.forward(multiplied, update / parts) + drawing

    def _answers(self, name: str, number: float, entry: dict[str, Any]) -> tuple[Shape, float]:
        decoding, shape = (
            self.config["decoding"] | entry["decoding"],
            checkpoint_shape(self.graph.root(name).checkpoint),
        )
        # transformers fills each batch to its longest answer, in practice to the limit; vLLM puts
        # the next request in the place of one that is done.
        batch, new = decoding["batch"], decoding["max_new_tokens"]
        if entry["backend"] == "vllm":
            batch, new = _VLLM_REQUESTS, min(self.sizes.answer_tokens, new)
        seconds = self.rates.decoding(shape, batch, self.prompt_tokens, new)
        return shape, math.ceil(number / batch) * seconds

    def api_costs(self, jobs: list[Job]) -> list[dict[str, Any]]:
        """Return each paid generator's requests, millions of tokens, and dollars by its price."""
        costs, config = [], self.config
        for name in [job.wildcards["generator"] for job in jobs if "generator" in job.wildcards]:
            entry, number = config["generators"][name], self.requests[name]
            if entry["backend"] == "openai":
                limit = (config["decoding"] | entry["decoding"])["max_new_tokens"]
                read = number * self.prompt_tokens / 1e6
                written = number * min(self.sizes.answer_tokens, limit) / 1e6
                price = entry["price"]
                dollars = read * price["input"] + written * price["output"] if price else None
                costs.append({"API": name, "requests": number, "M_tokens_in": read,
                              "M_tokens_out": written, "dollars": dollars})  # fmt: skip
        return costs

    def disk(self, jobs: list[Job]) -> list[dict[str, Any]]:
        """Return what the jobs leave on the disk, in GB."""
        folders = {job.wildcards["repository"] for job in jobs if "repository" in job.wildcards}
        names = sorted({folder.split("@")[0].replace("--", "/", 1) for folder in folders})
        uses = {f"checkpoint {name}": checkpoint_shape(name).download_bytes for name in names}
        uses |= {"all else": self.sizes.other_bytes} if names else {}
        return [{"disk": what, "GB": size / 1e9} for what, size in uses.items()]
