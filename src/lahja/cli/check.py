"""Say before the first job what a run still lacks: corpora, checkpoints, keys, GPUs, disk.

Run it where the Snakefile is, with the --configfile and --config of the run, and with its
--workflow-profile where jobs go to Slurm. It asks nothing of the network: what a job will download
is said to be so. --output writes check.txt and check.json into a folder. The exit code is 0 where
nothing is lacking, else 1.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lahja.cli.plan import RATES, SIZES, open_workload
from lahja.cli.planning.jobs import Job, planned_jobs, read_run
from lahja.cli.planning.work import Workload, checkpoint_shape
from lahja.core.errors import LahjaError
from lahja.core.files import nearest_existing, read_yaml, write_json, write_text
from lahja.core.gemma import GEMMA, TERMS, missing_packages
from lahja.core.gpu_lease import find_devices, memory_bytes
from lahja.core.hub import is_cached
from lahja.core.paths import Paths
from lahja.corpora.retrieval import leave_out_missing, missing_files
from lahja.generation.server import read_key
from lahja.report.formats import described, to_text

THERE, LACKING, DOWNLOAD = "there", "lacking", "to download"
_BESIDE_WEIGHTS = 1.2  # what a job takes, per byte of its weights
_HAS = "import sys; from importlib.util import find_spec; sys.exit(not find_spec(sys.argv[1]))"


class Need(NamedTuple):
    """One thing that a run needs, and how it stands."""

    part: str
    name: str
    state: str
    told: str = ""


def main(
    configfile: list[Path] = [],  # noqa: B006, the command line's default, never changed
    config: list[str] = [],  # noqa: B006
    workflow_profile: Path = Path("profiles/default"),
    output: Path | None = None,
) -> None:
    """Print what there is and what is lacking and, with `output`, write it there.

    Raises `LahjaError` naming what is lacking.
    """
    resolved, arguments = read_run(configfile, config)
    profile = sorted(workflow_profile.glob("*.yaml"))
    if not profile:
        told = "expected a folder with a profile (*.yaml)"
        raise LahjaError(f"--workflow-profile {workflow_profile}: {told}")
    named = (read_yaml(file).get("executor") for file in profile)
    executor = next(filter(None, named), "local")
    jobs, needs = None, []
    try:
        resolved = leave_out_missing(resolved)
        jobs = planned_jobs([*arguments, "--cores", "1"])
    except LahjaError as error:
        needs = [Need("workflow", "dry run", LACKING, str(error))]
    needs += _Needs(open_workload(resolved, RATES, SIZES), jobs, executor).found()
    print(text := to_text(described("check", pd.DataFrame(needs), run=resolved["run"])))
    if output is not None:
        write_text(output / "check.txt", text + "\n")
        rows = [need._asdict() for need in needs]
        write_json(output / "check.json", {"run": resolved["run"], "needs": rows})
    if lacking := [f"{need.part} {need.name}" for need in needs if need.state == LACKING]:
        raise LahjaError(f"lacking {len(lacking)} of {len(needs)}: {', '.join(lacking)}")


def _need(part: str, name: str, fault: str, told: str = "", state: str = THERE) -> Need:
    """Return a need that is lacking where there is a fault, else as it is told."""
    return Need(part, name, LACKING, fault) if fault else Need(part, name, state, told)


class _Needs:
    """The needs of a run's jobs; of all its configuration where those are not known (None)."""

    def __init__(self, workload: Workload, jobs: list[Job] | None, executor: str):
        """Take the run's workload, its jobs that are still to be done, and what runs them."""
        self.config, self.workload, self.executor = workload.config, workload, executor
        self.paths, self.jobs = Paths(self.config, workload.graph), jobs
        self.due = {(job.rule, job.name) for job in jobs or ()}
        # What the hub's cache has not, as the plan of the disk names it.
        self.fetched: set[str] = set()

    def found(self) -> list[Need]:
        """Return all needs, by their kind."""
        found = [*self._corpora(), *self._checkpoints(), *self._keys(), *self._programs()]
        return [*found, *self._gpus(self.jobs), *self._disk(self.jobs)] if self.jobs else found

    def _is_due(self, rule: str, name: str) -> bool:
        return self.jobs is None or (rule, name) in self.due

    def _corpora(self) -> Iterator[Need]:
        left_out, root = self.config["corpora_left_out"], Path(self.config["corpora_dir"])
        for name in [*self.config["corpora_in_use"], *left_out]:
            corpus, folder = self.config["corpora"][name], Path(self.paths.corpus(name))
            missing = missing_files(name, corpus, root)
            if name in left_out:
                yield Need("corpus", name, "left out", missing)
            elif corpus["access"] == "demo":
                yield Need("corpus", name, THERE, "resources/demo")
            elif not self._is_due("retrieve_corpus", name):
                told = str(folder) if folder.is_dir() else "no job reads it"
                yield Need("corpus", name, THERE, told)
            elif corpus["access"] in ("download", "hub"):
                place = corpus.get("url") or f"https://huggingface.co/datasets/{corpus.get('hub')}"
                yield Need("corpus", name, DOWNLOAD, f"{place}; licence: {corpus['licence']}")
            else:
                yield _need("corpus", name, missing, str(root / corpus["path"]))

    def _checkpoints(self) -> Iterator[Need]:
        for key, folder in self.paths.own.items():
            fault = "" if Path(folder).is_dir() else f"{key}.checkpoint: no such folder"
            yield _need("checkpoint", folder, fault, key)
        if self.paths.gemma:
            is_due = self._is_due("assemble_gemma", "")
            yield _need("checkpoint", GEMMA, missing_packages() if is_due else "", TERMS)
        for folder, (kind, name, revision) in self.paths.hub.items():
            if kind == "model" and self._is_due("retrieve_model", Path(folder).name):
                yield self._repository(folder, name, revision)
            elif kind == "model" and Path(folder).is_dir():
                yield Need("checkpoint", name, THERE, folder)

    def _repository(self, folder: str, name: str, revision: str | None) -> Need:
        from huggingface_hub import get_token

        try:
            is_there = is_cached(name, self.paths.wanted_commit(folder) or revision)
        except LahjaError as error:
            return Need("checkpoint", name, LACKING, str(error))
        self.fetched |= set() if is_there else {f"checkpoint {name}"}
        told, is_closed = f"https://huggingface.co/{name}", False
        # Of others neither the size nor whether they are gated is known.
        with suppress(LahjaError):
            shape = checkpoint_shape(name)
            told += f", {shape.download_bytes / 1e9:.1f} GB"
            if shape.gated:
                told += "; gated: accept its terms there, then hf auth login, or set HF_TOKEN"
                is_closed = not get_token()
                told += "" if is_closed else " (a token is set)"
        state = "in the cache" if is_there else DOWNLOAD
        return Need("checkpoint", name, LACKING if is_closed else state, told)

    def _keys(self) -> Iterator[Need]:
        for name, entry in self.config["generators"].items():
            due = (self._is_due(rule, name) for rule in ("generate_responses", "ask_judge"))
            if entry["backend"] == "openai" and entry["key"] and any(due):
                fault = ""
                try:
                    read_key(name, entry["key"])
                except LahjaError as error:
                    fault = str(error)
                told = f"generator {name}; its server is not asked"
                yield _need("key", entry["key"], fault, told)

    def _programs(self) -> Iterator[Need]:
        for lock in self.paths.environment_lock():
            name = "comet" if "comet" in lock else "vllm"
            python, folder = self.paths.environments[name]
            if python:
                command = [python, "-c", _HAS, name]
                done = subprocess.run(command, capture_output=True, check=False)
                fault = f"{python} has no {name}" if done.returncode else ""
                yield _need("environment", name, fault, python)
            else:
                state = THERE if Path(folder).is_dir() else "to build"
                yield Need("environment", name, state, f"{folder}, from {lock}")
        if self.executor == "slurm":
            has_plugin = find_spec("snakemake_executor_plugin_slurm")
            yield _need("Slurm", "executor", "" if has_plugin else "not installed: make slurm-env")
            missing = [name for name in ("sbatch", "squeue", "scancel") if not shutil.which(name)]
            fault = f"not on the PATH: {', '.join(missing)}" if missing else ""
            yield _need("Slurm", "commands", fault)

    def _gpus(self, jobs: list[Job]) -> Iterator[Need]:
        most, size, told = max(job.gpus for job in jobs), 0.0, {}
        for job in (job for job in jobs if job.gpus):
            try:
                own = needed_memory(self.workload, job)
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
        if "envs/vllm.txt" in self.paths.environment_lock():
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
        results, cache = (nearest_existing(Path(place)) for place in ("results", HF_HUB_CACHE))
        sizes = {"results": uses.get("all else", 0.0)}
        place = "results" if results.stat().st_dev == cache.stat().st_dev else HF_HUB_CACHE
        fetched = sum(size for use, size in uses.items() if use in self.fetched)
        sizes[place] = sizes.get(place, 0.0) + fetched
        for place, size in sizes.items():
            free = shutil.disk_usage(nearest_existing(Path(place))).free / 1e9
            told = f"about {size:.0f} GB to come, without corpora" if uses else told
            state = LACKING if size > free else THERE
            yield Need("disk", place, state, f"{free:.0f} GB free; {told}")


def needed_memory(workload: Workload, job: Job) -> float:
    """Return the bytes that each GPU of a job needs: its weights, and a fifth as much again."""
    shape, _ = workload.work(job)
    if shape is None:
        return 0.0
    weights = shape.weight_bytes
    if not job.rule.startswith("train_"):
        weights /= job.gpus  # vLLM spreads them; each GPU of a training has them all
    else:
        model = workload.graph[job.wildcards["model"]]
        options = workload.config["training"][model.train] | model.settings
        if options["quantisation"] == "nf4":
            weights -= 1.5 * (shape.parameters - shape.embedding - shape.head)
    return _BESIDE_WEIGHTS * weights
