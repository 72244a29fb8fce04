"""Many requests, answers, sentences and jobs at once: nothing lost, memory flat.

LAHJA_LOAD_SCALE is the share of the full sizes, a hundredth where it is not set; only where it is,
the table of docs/reliability.md gets what is found. Times are written there, and not asserted.
"""

import os
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from io import FileIO
from random import Random

import polars as pl
import psutil
import pytest
import yaml
from bench import data as bench
from generation_job import start_job, write_prompts
from misbehaving_server import Misbehaviour, misbehaving_server

from lahja.core.files import digest_of_text
from lahja.core.tables import COUNTS, GENERATIONS, SAMPLES, SENTENCES, read_table, scan_tables
from lahja.generation.answering import AnswerStore
from lahja.generation.backend import Answer
from lahja.generation.costs import Ledger

pytestmark = pytest.mark.faults
SCALE = float(os.environ.get("LAHJA_LOAD_SCALE", "0.01"))
MIB = 1 << 20
LETTERS = "ابتجحدرسعفقكلمنهوي"


@pytest.fixture
def record(record_reliability) -> Callable[..., None]:
    """Print what was loaded, its size, what was found and the goal; keep it as a row."""

    def keep(*cells: str) -> None:
        print(*cells, sep="\n  ")
        if "LAHJA_LOAD_SCALE" in os.environ:
            record_reliability("load", [[*cells]])

    return keep


# --- the API backend --------------------------------------------------------------------------

FAULTS = ("429", "500", "503html", "stall", "cut", "reset", "malformed", "html", "shape", "twice")
IN_FLIGHT, DEADLINE = 64, 10.0


def test_an_api_with_faults_loses_nothing_and_is_paid_once(tmp_path, monkeypatch, record):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    prompts = write_prompts(tmp_path / "egy.parquet", "egy", max(500, int(20_000 * SCALE)))
    faults = {prompt: [FAULTS[n // 5 % 10]] for n, prompt in enumerate(prompts) if n % 5 == 0}
    n_tries = {prompt: 1 + (faults.get(prompt) not in (None, ["twice"])) for prompt in prompts}
    # The server forgets a stalled request before its client does.
    conduct = Misbehaviour(faults=faults, stall=DEADLINE - 3, min_delay=0.5, max_delay=1.5)
    states = []
    with misbehaving_server(conduct) as server:
        job = start_job(tmp_path, server, "egy", concurrency=IN_FLIGHT, deadline=DEADLINE)
        process = psutil.Process(job.pid)
        while job.poll() is None:
            with suppress(psutil.Error):
                if server.received:
                    cpu, rss = sum(process.cpu_times()[:2]), process.memory_info().rss
                    states.append((len(server.answered), time.monotonic(), cpu, rss / MIB))
            time.sleep(0.2)
        assert job.returncode == 0, job.communicate()[1][-2000:]
    found = read_table(tmp_path / "g.egy.parquet", GENERATIONS)
    assert found["prompt_id"].tolist() == prompts
    assert found["response"].tolist() == [f"answer\u2028to {prompt}" for prompt in prompts]
    assert server.received == n_tries
    assert server.answered == dict.fromkeys(prompts, 1)
    with closing(Ledger("g", tmp_path / "g.costs.jsonl")) as ledger:
        assert ledger.reserved == 0
    # What the first quarter took must nearly be enough for the rest.
    (_, begun, before, _), (_, ended, after, last) = states[0], states[-1]
    quarter = next(rss for n, *_, rss in states if 4 * n >= len(prompts))
    assert last - quarter < 64, states
    ratio = (ended - begun) * IN_FLIGHT / server.held
    own = (after - before) / len(prompts) * 1000
    record(
        "an API, 64 requests in flight, a fifth with one of ten faults",
        f"{len(prompts):,} requests",
        f"none lost, none paid twice; memory {quarter:.0f} MiB after a quarter, {last:.0f} in the "
        f"end; {ratio:.2f} of the server's own time, {own:.1f} ms of processor time a request",
        "nothing lost or paid twice, memory flat, 1.2 of the server's own time",
    )


# --- the store of answers ---------------------------------------------------------------------


def test_a_large_store_is_whole_but_for_the_line_that_is_damaged(tmp_path, capsys, record):
    n, path = int(1_000_000 * SCALE), tmp_path / "store.jsonl"
    keys = [digest_of_text(str(number)) for number in range(n)]
    texts = ["".join(Random(seed).choices(LETTERS, k=80)) for seed in range(1000)]
    answers = {key: Answer(key, texts[place % 1000], "stop", 20) for place, key in enumerate(keys)}
    with AnswerStore(path) as store:
        store.add(answers)
    content = bytearray(path.read_bytes())
    content[content.index(texts[7].encode())] ^= 1
    path.write_bytes(content)
    opened, cpu = time.perf_counter(), time.process_time()
    with AnswerStore(path) as store:
        opened, cpu = time.perf_counter() - opened, time.process_time() - cpu
        del answers[keys[7]]
        assert store.known(keys) == answers
        adding = [_add(store, f"{number:064}", answers[keys[0]]) for number in range(200)]
    assert "1 lines are damaged" in capsys.readouterr().err
    own, added = (statistics.fmean(column) * 1000 for column in zip(*adding, strict=True))
    with (tmp_path / "plain").open("ab", buffering=0) as file:
        synced = statistics.fmean(_sync(file) for _ in range(200)) * 1000
    record(
        "the store of answers",
        f"{n:,} answers, {len(content) / MIB:.0f} MiB",
        f"opened in {cpu:.1f} s of processor time ({opened:.1f} s); one added in {own:.2f} ms of "
        f"processor time, {added:.1f} ms with the disk's own {synced:.1f}; the damaged one is lost",
        "open 3 s, add 1 ms",
    )


def _add(store: AnswerStore, key: str, answer: Answer) -> tuple[float, float]:
    wall, own = time.perf_counter(), time.process_time()
    store.add({key: answer})
    return time.process_time() - own, time.perf_counter() - wall


def _sync(file: FileIO) -> float:
    file.write(b"a" * 400)
    begun = time.perf_counter()
    os.fdatasync(file.fileno())
    return time.perf_counter() - begun


# --- the data stage ---------------------------------------------------------------------------

MAX_GB = 4.0
SAMPLE = """
import json, sys
from pathlib import Path
from lahja.core.tables import DIALECTNESS, SAMPLES, SENTENCES, scan_tables, write_frame
from lahja.corpora.sampling import sample_sentences
kinds = {"story": {"min_words": 2, "max_words": 15}, "summary": {"min_words": 6, "max_words": 60}}
settings = {"seed": 1, "kinds": kinds, "aldi_threshold": 0.5}
settings |= {"per_dialect": {"egy": 1000, "mar": 1000}}
table = scan_tables([Path(sys.argv[1])], SENTENCES)
found, _ = sample_sentences(table, lambda texts: [len(text) % 10 / 10 for text in texts], **settings)
write_frame(Path(sys.argv[2]), found, SAMPLES)
"""


class MadeUp(bench.Perturbed):
    """Sentences of words that are no language's, as frequent as words are."""

    def read(self) -> None:
        """Make words, labelled texts and groups of translations."""
        for side in bench.SIDES:
            letters = "abdefghiklmnoprstu" if side == "eng" else LETTERS
            words = ["".join(self.draw.choices(letters, k=2 + n % 6)) for n in range(20_000)]
            weights = [1 / rank for rank in range(1, len(words) + 1)]
            self.words[side] = self.draw.choices(words, weights, k=200_000)
        for _ in range(5_000):
            group = {side: self._sentence(side) for side in bench.SIDES}
            self.groups.append(group)
            self.texts += group.items()

    def _sentence(self, side: str) -> str:
        return " ".join(self.draw.choices(self.words[side], k=self.draw.randint(4, 25)))


def test_millions_of_sentences_pass_the_data_stage_in_little_memory(root, tmp_path, record):
    n, out = int(5_000_000 * SCALE), tmp_path / "out"
    bench.write_corpora(MadeUp(seed=0), n, tmp_path / "raw")
    used = bench.run(root, tmp_path / "raw", out)
    sentences, samples = out / "all-sentences.parquet", out / "samples.parquet"
    used["sample"] = bench.measured([sys.executable, "-c", SAMPLE, sentences, samples], root)
    # Every sentence that was read is kept or refused.
    counts = scan_tables([out / "all-counts.parquet"], COUNTS).collect()
    totals = dict(counts.group_by("outcome").agg(pl.col("count").sum()).rows())
    read, kept, _ = (totals.pop(outcome) for outcome in ("read", "kept", "pairs"))
    assert read == kept + sum(totals.values()) > 0.99 * n
    assert kept == scan_tables([sentences], SENTENCES).select(pl.len()).collect().item()
    assert {"duplicate", "near duplicate", "in evaluation set held-out"} <= totals.keys()
    assert len(read_table(samples, SAMPLES)) == 2000
    peaks = {step: peak for step, (*_, peak) in used.items()}
    assert max(peaks.values()) < MAX_GB, peaks
    cpu = sum(cpu for _, cpu, _ in used.values())
    record(
        "ingest, assembly and sampling",
        f"{read:,} sentences",
        f"{kept:,} kept; at most {max(peaks.values()):.2f} GB of memory "
        f"({max(peaks, key=peaks.get)}), {cpu:.0f} s of processor time",
        f"{MAX_GB:.0f} GB for 5,000,000",
    )


# --- the graph of jobs ------------------------------------------------------------------------

NEW = {"jor": "Jordan", "lbn": "Lebanon", "tun": "Tunisia"}


def test_thousands_of_jobs_are_planned(fresh, record):
    for code, country in NEW.items():
        facts = {"name": f"{country}'s Arabic", "label": country, "country": country}
        text = yaml.safe_dump(facts | {"flores": f"{code}_Arab"})
        (fresh.folder / "resources" / "varieties" / f"{code}.yaml").write_text(text)
    n_starts = max(1, round(10 * SCALE))
    text = yaml.safe_dump(_many_models(n_starts))
    (fresh.folder / "config" / "load.yaml").write_text(text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = fresh.snakemake("--dry-run", "--cores", "2", "--configfile", "config/load.yaml")
    took = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout[-4000:]
    counts = {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE)}
    # Of each start and dialect two iterations and, between, three models,
    # with each of two seeds.
    assert counts["train_dpo"] == 4 + 8 * n_starts * 4
    assert counts["merge_adapters"] == 8 * n_starts * 6
    cpu = sum(getattr(after, key) - getattr(before, key) for key in ("ru_utime", "ru_stime"))
    record(
        "a dry run of eight dialects",
        f"{counts['total']:,} jobs of {n_starts} initial models",
        f"{cpu:.1f} s of processor time ({took:.1f} s)",
        "15 s for 2,000 jobs",
    )


def _many_models(n_starts: int) -> dict:
    """Return a configuration in which each initial model learns each of eight dialects apart."""
    dialects = ["egy", "mar", "pse", "sau", "syr", *NEW]
    ranked = {"kind": "preferences", "select": "reward", "policy": "start", "samples": 8}
    ranked |= {"per_direction": 50, "dialect_weight": 0.6}
    datasets = {f"ranked-{code}": ranked | {"dialects": [code]} for code in dialects}
    models: dict[str, dict] = {}
    for start in (f"start-{n}" for n in range(n_starts)):
        models[start] = {"checkpoint": f"org/{start}"}
        for code in dialects:
            step = {"from": start, "train": "dpo", "on": f"ranked-{code}", "iterations": 2}
            for seed in (42, 43):
                end = f"{start}-{code}-{seed}"
                models[end] = step | {"settings": {"seed": seed}}
                for weight in (0.25, 0.5, 0.75):
                    models[f"{end}-{weight}"] = {"merge": {start: 1 - weight, end: weight}}
    return {"run": "load", "dialects": dialects, "models": models, "datasets": datasets}
