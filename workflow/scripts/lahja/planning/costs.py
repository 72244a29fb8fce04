"""What a run costs besides time: dollars for APIs, room on the disk."""

from dataclasses import dataclass
from typing import Any

from lahja.generation.batch_files import SHARE
from lahja.generation.costs import Price
from lahja.planning.jobs import Job
from lahja.planning.rules import Workload
from lahja.planning.work import Requests

# What one LoRA checkpoint holds for each byte of the adapter: itself and Adam's two moments.
_CHECKPOINT_COPIES = 3


@dataclass(frozen=True)
class ApiCost:
    """Requests to one paid generator; `dollars` is None where the config has no price for it."""

    generator: str
    requests: float
    input_tokens: float
    output_tokens: float
    dollars: float | None


@dataclass(frozen=True)
class DiskUse:
    """Bytes of one kind of file, and whether they are still there when the run is done."""

    what: str
    bytes: float
    is_kept: bool = True


def api_costs(jobs: list[Job], workload: Workload) -> list[ApiCost]:
    """Return the cost of each paid generator: tokens times `generators.<name>.price`."""
    generators = workload.config["generators"]
    totals: dict[str, list[float]] = {}
    for job in jobs:
        for part in workload.of(job).parts:
            if isinstance(part, Requests):
                total = totals.setdefault(job.wildcards["generator"], [0.0, 0.0, 0.0])
                total[0] += part.requests
                total[1] += part.requests * part.input_tokens
                total[2] += part.requests * part.output_tokens
    return [
        ApiCost(name, *total, _dollars(generators[name], *total[1:]))
        for name, total in totals.items()
    ]


def _dollars(entry: dict[str, Any], inputs: float, outputs: float) -> float | None:
    """Return dollars from a price per million tokens, less what the batch API takes off."""
    if not entry["price"]:
        return None
    full = Price(**entry["price"]).of(inputs, outputs)
    return full * SHARE if entry["batch_api"] else full


def disk_uses(jobs: list[Job], workload: Workload) -> list[DiskUse]:
    """Return what the jobs leave on the disk, and what they need while they run."""
    sizes, graph = workload.sizes, workload.graph
    rules = [job.rule for job in jobs]
    downloads = [
        DiskUse(f"checkpoint {name}", workload.shape_of(name).download_bytes)
        for name in workload.checkpoints()
        if any(name.replace("/", "--") == job.wildcards.get("repository") for job in jobs)
    ]
    environments = [
        DiskUse("vLLM", sizes.assumed.environment_bytes)
        for rule in rules
        if rule == "build_vllm_environment"
    ]
    adapters = small = checkpoints = 0.0
    for job in jobs:
        if job.rule == "pretrain_model":
            small += 2 * workload.model_shape(job.wildcards["model"]).weight_bytes
        if job.rule in ("train_sft", "train_dpo"):
            model = graph[job.wildcards["model"]]
            rank = {**workload.config["training"][model.train], **model.settings}["rank"]
            size = workload.model_shape(model.name).adapter_bytes(rank)
            adapters += size
            checkpoints = max(checkpoints, size * _CHECKPOINT_COPIES * 2)
    texts = sizes.sentences * 2 + sizes.pairs * 2
    texts += sum(sizes.responses(dialect) for dialect in sizes.dialects) * 3
    texts += rules.count("generate_evaluation") * sizes.evaluation_prompts * 4
    return [
        *downloads,
        *environments,
        DiskUse("adapters", adapters),
        *([DiskUse("small models", small)] if small else []),
        DiskUse("tables: sentences, responses, scores", texts * sizes.assumed.row_bytes),
        DiskUse("training checkpoints, two at a time for each job", checkpoints, is_kept=False),
    ]
