"""Kills, damage and full disks at random moments of every rule: `make test-faults`."""

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.faults import harness
from tests.faults.harness import RESULTS, Disturbed, Job

pytestmark = pytest.mark.faults
SEED = int(os.environ.get("LAHJA_FAULTS_SEED", "20"))
KILLS = {
    "kill -9 of the job": harness.kill_job(signal.SIGKILL),
    "kill -15 of the job": harness.kill_job(signal.SIGTERM),
    "kill -9 of Snakemake": harness.kill_snakemake(signal.SIGKILL),
    "kill -15 of Snakemake": harness.kill_snakemake(signal.SIGTERM),
    "kill -9 of all at once": harness.kill_all,
}
RULES = sorted(
    name
    for file in (Path(__file__).parents[2] / "workflow" / "rules").glob("*.smk")
    for pair in re.findall(r"^(?:rule (\w+)|use rule \w+ as (\w+))", file.read_text(), re.MULTILINE)
    for name in filter(None, pair)
)


@pytest.fixture(scope="session")
def run(demo, tmp_path_factory) -> Disturbed:
    return Disturbed(demo.folder, tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="session")
def faults(record_reliability) -> Iterator[Counter]:
    """How many faults of each kind there were, and how many the run survived."""
    counts: Counter[tuple[str, str]] = Counter()
    yield counts
    kinds = dict.fromkeys(kind for kind, _ in counts)
    record_reliability("faults", [[k, counts[k, "all"], counts[k, "survived"]] for k in kinds])


@contextmanager
def survived(run: Disturbed, faults: Counter, kind: str, job: Job) -> Iterator[None]:
    """Count a fault, resume after it, and expect the run as it was, byte for byte."""
    faults[kind, "all"] += 1
    try:
        yield
        run.resume(job)
        assert run.differences() == []
        faults[kind, "survived"] += 1
    finally:
        # With the times of before; after a failure the next fault has a whole run again.
        run.put_back((*job.outputs, *job.inputs))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_survives_two_kills(run, faults, rule):
    if rule not in {job.rule for job in run.jobs}:
        pytest.skip(f"the demo has no job of {rule}")
    rng = Random(f"{SEED}:{rule}")
    for kind in rng.sample([*KILLS], 2):
        job = run.one_of(rule, rng)
        with survived(run, faults, kind, job):
            harness.killed(run, job, rng, KILLS[kind])


def _damage(path: Path, kind: str, rng: Random) -> None:
    """Damage a file, and leave its time as it was, as a failing disk does."""
    times, content = path.stat(), bytearray(path.read_bytes())
    match kind:
        case "a flipped bit":
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case "a file cut short":
            del content[rng.randrange(len(content)) :]
        case "an empty file":
            content.clear()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _failed(run: Disturbed, job: Job) -> str:
    """Take a job's outputs away and make them again; return what was said of why that failed."""
    run.take_away(job)
    with run.snakemake(job) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode != 0, said
    return said


@pytest.mark.parametrize("kind", ["a flipped bit", "a file cut short", "an empty file"])
@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("score_sentences", "evaluation/scored/*.parquet"),
        ("build_pairs", "policies/*/*.parquet"),
        ("train_dpo", "preferences/*/train.parquet"),
        ("assemble_data", "data/corpora/*.parquet"),
        ("generate_evaluation", "models/llama*/adapter/*.safetensors"),
        ("label_responses", "models/dialect-classifier/adapter/adapter_config.json"),
        ("score_responses", "scorers/country/model.safetensors"),
        ("build_report", "tables/*.parquet"),
    ],
)
def test_nothing_damaged_is_ever_read(run, faults, rule, pattern, kind):
    rng = Random(f"{SEED}:{rule}:{kind}")
    job = next(job for job in run.jobs if job.rule == rule and _inputs(run, job, pattern))
    path = rng.choice(_inputs(run, job, pattern))
    with survived(run, faults, f"{kind} in an input", job):
        _damage(path, kind, rng)
        said = _failed(run, job)
        assert path.name in said, said
        assert "Traceback" not in said


def _inputs(run: Disturbed, job: Job, pattern: str) -> list[Path]:
    folders = [run.folder / name for name in job.inputs]
    files = sorted((run.folder / RESULTS).glob(pattern))
    return [path for path in files if any(f == path or f in path.parents for f in folders)]


@pytest.mark.parametrize("kind", ["a flipped bit", "a file cut short", "an empty file"])
def test_a_damaged_store_asks_again_what_it_lost(run, faults, kind):
    rng = Random(f"{SEED}:store:{kind}")
    job = run.one_of("generate_responses", rng)
    with survived(run, faults, f"{kind} in a store", job):
        _damage(run.folder / RESULTS / "work" / "generations" / f"{job.name}.jsonl", kind, rng)
        run.take_away(job)


@pytest.mark.parametrize(
    "rule", ["assemble_data", "train_sft", "generate_responses", "build_pairs"]
)
def test_a_full_disk_stops_in_one_line(run, faults, rule):
    rng = Random(f"{SEED}:disk:{rule}")
    job = run.one_of(rule, rng)
    with _small_disk(run) as set_free, survived(run, faults, "a full disk", job):
        said = _failed(run, job)
        assert "No space left on device" in said, said
        assert "Traceback" not in said.partition("lahja: ")[2]
        set_free("1g")


@contextmanager
def _small_disk(run: Disturbed) -> Iterator:
    """Put the results on a file system of their own that is as good as full."""
    results, aside = run.folder / "results", run.folder / "results-aside"
    results.rename(aside)
    results.mkdir()
    size = sum(f.stat().st_size // 4096 + 1 for f in aside.rglob("*") if f.is_file()) * 4096
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size + (1 << 16)}", "tmpfs", str(results)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        results.rmdir()
        aside.rename(results)
        pytest.skip("mounting a file system needs more rights")
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(results)], check=True)
        yield lambda size: subprocess.run(
            ["mount", "-o", f"remount,size={size}", str(results)], check=True
        )
    finally:
        subprocess.run(["umount", str(results)], check=True)
        results.rmdir()
        aside.rename(results)


def test_a_second_snakemake_in_the_folder_is_refused(run, faults):
    job = run.one_of("train_sft", Random(SEED))
    with survived(run, faults, "two Snakemakes in one folder", job):
        run.take_away(job)
        with run.snakemake(job) as first:
            assert run.script_of(first)
            with run.snakemake(job) as second:
                said, _ = second.communicate(timeout=120)
            assert second.returncode != 0 and "lock" in said.lower(), said
            first.communicate(timeout=300)
            assert first.returncode == 0


def test_a_corpus_that_goes_while_it_is_read_comes_again(run, faults):
    rng = Random(f"{SEED}:corpus")
    job = run.one_of("ingest_corpus", rng)
    with survived(run, faults, "a corpus removed mid-run", job):
        run.take_away(job)
        corpus = next(own for own in run.jobs if own.rule == "expand_demo_corpora")
        with run.snakemake(job) as process:
            if run.script_of(process):
                run.take_away(corpus)
            process.communicate(timeout=120)
