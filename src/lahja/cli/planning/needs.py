"""What a run needs of its machine and its user before the first job, and what of it is lacking."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from lahja.cli.planning.jobs import Job
from lahja.cli.planning.work import Workload, checkpoint_shape
from lahja.core.errors import LahjaError
from lahja.core.gpu_lease import find_devices, memory_bytes
from lahja.core.hub import is_cached
from lahja.core.paths import Paths
from lahja.corpora.retrieval import missing_files
from lahja.generation.server import read_key

THERE, LACKING, DOWNLOAD = "there", "lacking", "to download"
NOTES = [
    "What is to be downloaded or built needs the network, and so does the list of files of what is "
    "in the hub's cache. Whether a repository is gated, and whether its terms were accepted, only "
    "the hub can tell; named are those that resources/rates/checkpoints.yaml has as gated.",
]
_HAS_VLLM = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"


class Need(NamedTuple):
    """One thing that a run needs, and how it stands."""

    part: str
    name: str
    state: str
    told: str = ""


def need(part: str, name: str, fault: str, told: str = "", state: str = THERE) -> Need:
    """Return a need that is lacking where there is a fault, else as it is told."""
    return Need(part, name, LACKING, fault) if fault else Need(part, name, state, told)


class Needs:
    """The needs of a run's jobs; of all its configuration where those are not known (None)."""

    def __init__(self, workload: Workload, jobs: list[Job] | None, executor: str):
        """Take the run's workload, its jobs that are still to be done, and what runs them."""
        self.config, self.workload, self.executor = workload.config, workload, executor
        self.paths, self.jobs = Paths(self.config, workload.graph), jobs
        # What the hub's cache has not, as the plan of the disk names it.
        self.fetched: set[str] = set()

    def found(self) -> Iterator[Need]:
        """Yield all needs, by their kind."""
        for part in (self._corpora, self._checkpoints, self._keys, self._programs):
            yield from part()
        if self.jobs:
            yield from self._gpus(self.jobs)
            yield from self._disk(self.jobs)

    def _is_due(self, rule: str, name: str) -> bool:
        jobs = self.jobs
        return jobs is None or any((job.rule, job.name) == (rule, name) for job in jobs)

    def _corpora(self) -> Iterator[Need]:
        left_out, root = self.config["corpora_left_out"], Path(self.config["corpora_dir"])
        for name in [*self.config["corpora_in_use"], *left_out]:
            corpus, folder = self.config["corpora"][name], Path(self.paths.corpus(name))
            place = corpus.get("url") or f"https://huggingface.co/datasets/{corpus.get('hub')}"
            missing = missing_files(name, corpus, root)
            if name in left_out:
                yield Need("corpus", name, "left out", missing)
            elif corpus["access"] == "demo":
                yield Need("corpus", name, THERE, "resources/demo")
            elif not self._is_due("retrieve_corpus", name):
                is_there = folder.is_dir()
                yield Need("corpus", name, THERE, str(folder) if is_there else "no job reads it")
            elif corpus["access"] in ("download", "hub"):
                yield Need("corpus", name, DOWNLOAD, f"{place}; licence: {corpus['licence']}")
            else:
                yield need("corpus", name, missing, str(root / corpus["path"]))

    def _checkpoints(self) -> Iterator[Need]:
        for key, folder in self.paths.own.items():
            fault = "" if Path(folder).is_dir() else f"{key}.checkpoint: no such folder"
            yield need("checkpoint", folder, fault, key)
        for folder, (kind, name, revision) in self.paths.hub.items():
            if kind == "model" and self._is_due("retrieve_model", Path(folder).name):
                yield self._repository(folder, name, revision)
            elif kind == "model" and Path(folder).is_dir():
                yield Need("checkpoint", name, THERE, folder)

    def _repository(self, folder: str, name: str, revision: str | None) -> Need:
        from huggingface_hub import get_token

        told, gate = f"https://huggingface.co/{name}", ""
        try:
            is_there = is_cached(name, self.paths.wanted_commit(folder) or revision)
            self.fetched |= set() if is_there else {f"checkpoint {name}"}
        except LahjaError as error:
            return Need("checkpoint", name, LACKING, str(error))
        # Of others neither the size nor whether they are gated is known.
        with suppress(LahjaError):
            shape = checkpoint_shape(name)
            told += f", {shape.download_bytes / 1e9:.1f} GB"
            gate = "; gated: accept its terms there, then hf auth login, or set HF_TOKEN"
            gate = gate if shape.gated else ""
        has_token = bool(gate and get_token())
        told += gate + " (a token is set)" * has_token
        state = "in the cache" if is_there else DOWNLOAD
        return need("checkpoint", name, told if gate and not has_token else "", told, state)

    def _keys(self) -> Iterator[Need]:
        for name, entry in self.config["generators"].items():
            is_paid = entry["backend"] == "openai" and entry["key"]
            due = (self._is_due(rule, name) for rule in ("generate_responses", "ask_judge"))
            if is_paid and any(due):
                fault = ""
                try:
                    read_key(name, entry["key"])
                except LahjaError as error:
                    fault = str(error)
                told = f"generator {name}; its server is not asked"
                yield need("key", entry["key"], fault, told)

    def _programs(self) -> Iterator[Need]:
        python, lock = self.config["vllm"]["python"], self.paths.environment_lock()
        if lock and python:
            done = subprocess.run([python, "-c", _HAS_VLLM], capture_output=True, check=False)
            fault = f"{python} has no vllm" if done.returncode else ""
            yield need("environment", "vllm", fault, python)
        elif lock:
            state = THERE if Path(self.paths.vllm).is_dir() else "to build"
            yield Need("environment", "vllm", state, f"{self.paths.vllm}, from {lock[0]}")
        if self.executor == "slurm":
            has_plugin = find_spec("snakemake_executor_plugin_slurm")
            yield need("Slurm", "executor", "" if has_plugin else "not installed: make slurm-env")
            missing = [name for name in ("sbatch", "squeue", "scancel") if not shutil.which(name)]
            fault = f"not on the PATH: {', '.join(missing)}" if missing else ""
            yield need("Slurm", "commands", fault)

    def _gpus(self, jobs: list[Job]) -> Iterator[Need]:
        most, size, told = max(job.gpus for job in jobs), 0.0, {}
        for job in (job for job in jobs if job.gpus):
            try:
                own = self.workload.memory(job)
            except LahjaError as error:
                told[str(error)] = str(error)
                continue
            if own > max(size, 1e8):
                size = own
                told[""] = f"{job.rule} {job.name} takes about {own / 1e9:.1f} GB of each"
        if most:
            state, here = self._devices(most, size)
            yield Need("GPU", f"{most} for a job", state, "; ".join([here, *told.values()]))

    def _devices(self, most: int, size: float) -> tuple[str, str]:
        if self.executor != "local":
            return "not seen", f"the GPUs of {self.executor} are not seen from here"
        if devices := find_devices(os.environ):
            smallest = min(memory_bytes(devices), default=None)
            told = f"{len(devices)} here" + (f" of {smallest / 1e9:.1f} GB" if smallest else "")
            is_short = len(devices) < most or (smallest is not None and smallest < size)
            return (LACKING if is_short else THERE), told
        if self.paths.environment_lock() == ["envs/vllm.txt"]:
            return LACKING, "none here, and vLLM is CUDA's (vllm.device)"
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        # A CPU has weights in fp32, a GPU in bf16.
        state = LACKING if 2 * size > memory else "on the CPU"
        return state, f"none here, and {memory / 1e9:.1f} GB of main memory"

    def _disk(self, jobs: list[Job]) -> Iterator[Need]:
        from huggingface_hub.constants import HF_HUB_CACHE

        uses, told = {}, "no estimate"
        try:
            uses = {row["disk"]: row["GB"] for row in self.workload.disk(jobs)}
        except LahjaError as error:
            told = f"no estimate: {error}"
        # `results/hub` links to what lies in the cache, which may be on a disk of its own.
        devices = [_nearest(Path(place)).stat().st_dev for place in ("results", HF_HUB_CACHE)]
        cache = "results" if devices[0] == devices[1] else HF_HUB_CACHE
        sizes = dict.fromkeys(("results", cache), 0.0)
        for use, size in uses.items():
            if use in self.fetched or use == "all else":
                sizes["results" if use == "all else" else cache] += size
        for place, size in sizes.items():
            free = shutil.disk_usage(_nearest(Path(place))).free / 1e9
            told = f"about {size:.0f} GB to come, without corpora" if uses else told
            state = LACKING if size > free else THERE
            yield Need("disk", place, state, f"{free:.0f} GB free; {told}")


def _nearest(path: Path) -> Path:
    """Return a path, or the nearest folder above it that exists."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())
