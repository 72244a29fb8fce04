"""Time ingestion and assembly at size, beside another checkout's, on perturbed real sentences.

LAHJA_CORPORA=<folder> python bench/data.py [--sizes 100000 1000000 5000000]
    [--old <checkout>] [--old-up-to 1000000]

Sentences of MADAR, AOC, Shami and NADI's subtitles are taken again and again, with a quarter of
their words replaced by others as frequent in their variety; some are copied as they are or with one
letter changed, also into the evaluation set. They make a corpus of translations, one of labelled
texts and one of plain lines. Each step is a process of its own: the table has its time, processor
time and peak memory, and how many decisions differ between the checkouts.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing import Process
from pathlib import Path

import polars as pl

from lahja.corpora.readers import READERS, Sentence

CHECKOUT = Path(__file__).resolve().parents[1]
MADAR = "MADAR/MADAR.Parallel-Corpora-Public-Version1.1-25MAR2021/MADAR_Corpus"
SOURCES = {
    MADAR: ("madar", {}),
    "AOC-dialectal-annotations": ("lines", {"variety": "msa", "files": ["MSA_*.norm"]}),
    "AOC-dialectal-annotations/dialect_youm7-segs.txt.norm": ("lines", {"variety": "egy"}),
    "AOC-dialectal-annotations/dialect_alriyadh-segs.txt.norm": ("lines", {"variety": "sau"}),
    "shami-corpus/Data/Palestinian.txt": ("lines", {"variety": "pse"}),
    "NADI/NADI2024-Dev1_data_release/subtask3/subtask_3_mono_MSA.txt": (
        "lines",
        {"variety": "msa"},
    ),
}
SIDES = ("egy", "mar", "msa", "eng")
CORPORA = {
    "translations": {"reader": "table", "options": {"columns": {side: side for side in SIDES}}},
    "texts": {"reader": "table", "options": {"columns": {"text": "text", "variety": "variety"}}},
    "lines": {"reader": "lines", "options": {"variety": "msa"}},
    "held-out": {"reader": "table", "options": {"columns": {"text": "text", "variety": "variety"}}},
}
SHARES = {"translations": 0.3, "texts": 0.5, "lines": 0.2}
N_HELD_OUT = 5000


class Perturbed:
    """Real sentences, and new ones made of them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.words: dict[str, list[str]] = defaultdict(list)
        self.texts: list[tuple[str, str]] = []
        self.groups: list[dict[str, str]] = []
        self.read()
        self.lines = [text for text in self.texts if text[0] == "msa"]
        self.held_out: list[tuple[str, str]] = []
        for _ in range(N_HELD_OUT):
            self.held_out.append(self.one(*self.draw.choice(self.texts)))

    def read(self) -> None:
        """Read words, labelled texts and groups of translations."""
        groups: dict[str, dict[str, str]] = defaultdict(dict)
        for path, (reader, options) in SOURCES.items():
            for item in READERS[reader](Path(os.environ["LAHJA_CORPORA"]) / path, options):
                if isinstance(item, Sentence) and item.text.split():
                    self.words[item.variety] += item.text.split()
                    self.texts.append((item.variety, item.text))
                    groups[path + item.group][item.variety] = item.text
        self.groups = [group for group in groups.values() if set(SIDES) <= set(group)]

    def one(self, variety: str, text: str) -> tuple[str, str]:
        """Return a sentence with a quarter of its words replaced; one in ten is a (near) copy."""
        words, kind = text.split(), self.draw.random()
        if kind < 0.01:
            return self.draw.choice(self.held_out or [(variety, text)])
        if kind < 0.04:
            return variety, text
        if kind < 0.1:
            place = self.draw.randrange(len(text))
            return variety, text[:place] + self.draw.choice("ابتنم") + text[place + 1 :]
        for _ in range(max(1, len(words) // 4)):
            words[self.draw.randrange(len(words))] = self.draw.choice(self.words[variety])
        return variety, " ".join(words)

    def rows(self, corpus: str, n: int) -> Iterator[tuple[str, ...]]:
        """Yield the rows of a corpus of n sentences."""
        if corpus == "held-out":
            yield from self.held_out
            return
        if corpus == "translations":
            for _ in range(n // len(SIDES)):
                group = self.draw.choice(self.groups)
                yield tuple(self.one(side, group[side])[1] for side in SIDES)
            return
        for _ in range(n):
            yield self.one(*self.draw.choice(self.lines if corpus == "lines" else self.texts))


def write_corpora(made: Perturbed, n: int, folder: Path) -> None:
    """Write corpora of n sentences, each into its folder."""
    for corpus in CORPORA:
        (folder / corpus).mkdir(parents=True)
        is_plain = corpus == "lines"
        with (folder / corpus / ("a.txt" if is_plain else "a.tsv")).open("w") as file:
            header = SIDES if corpus == "translations" else ("variety", "text")
            file.write("" if is_plain else "\t".join(header) + "\n")
            for row in made.rows(corpus, int(n * SHARES.get(corpus, 0))):
                cells = row[1:] if is_plain else row
                file.write("\t".join(cell.replace("\t", " ") for cell in cells) + "\n")


def _write_perturbed(n: int, folder: Path) -> None:
    write_corpora(Perturbed(seed=0), n, folder)


def measured(command: list[object], checkout: Path) -> tuple[float, float, float]:
    """Run a command in a checkout, and return its seconds, processor seconds and peak GB."""
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    process = subprocess.Popen([*map(str, command)], cwd=checkout, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[1]} of {checkout} failed")
    took = time.perf_counter() - start
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9


def _script(checkout: Path, script: str, **options: object) -> tuple[float, float, float]:
    command = [sys.executable, checkout / f"workflow/scripts/{script}.py"]
    for name, value in options.items():
        many = value if isinstance(value, list) else [value]
        command += [f"--{name.replace('_', '-')}", *many]
    return measured(command, checkout)


def run(checkout: Path, folder: Path, out: Path) -> dict[str, tuple[float, float, float]]:
    """Ingest and assemble a folder's corpora by a checkout's scripts."""
    out.mkdir()
    used, corpora, rejects = {}, [], []
    for name, corpus in CORPORA.items():
        corpora.append(out / f"{name}.parquet")
        rejects.append(out / f"{name}.rejects.parquet")
        options = corpus["options"] | ({} if name == "lines" else {"quoted": False})
        entry = json.dumps(corpus | {"access": "local", "path": ".", "options": options})
        used[f"ingest {name}"] = _script(
            checkout, "ingest_corpus", name=name, corpus=entry, folder=folder / name,
            settings='{"min_words": 1, "max_words": 200}', sentences=corpora[-1],
            rejects=rejects[-1],
        )  # fmt: skip
    roles = {name: "evaluation" if name == "held-out" else "train" for name in CORPORA}
    shares = {"validation_share": 0.01, "test_share": 0.02, "near_duplicate_similarity": 0.9}
    settings = {"seed": 1, "roles": roles, "ready": [], **shares}
    tables = {name: out / f"all-{name}.parquet" for name in ("sentences", "parallel", "counts")}
    used["assemble"] = _script(
        checkout, "assemble_data", corpora=corpora, rejects=rejects, ready=[],
        settings=json.dumps(settings), all_rejects=out / "all-rejects.parquet", **tables,
    )  # fmt: skip
    return used


def differing(old: Path, new: Path) -> str:
    """Return how many rows only one of two runs has, of sentences, pairs and refused rows."""
    parts = []
    for table in ("sentences", "parallel", "rejects"):
        one, other = (pl.read_parquet(out / f"all-{table}.parquet") for out in (old, new))
        only = [
            a.join(b, on=a.columns, how="anti", nulls_equal=True)
            for a, b in ((one, other), (other, one))
        ]
        parts.append(f"{table} -{len(only[0])} +{len(only[1])} of {len(other)}")
    return ", ".join(parts)


def main() -> None:
    """Make the sentences, run every step, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--old", type=Path)
    parser.add_argument("--old-up-to", type=int, default=1_000_000)
    options = parser.parse_args()
    print("sentences  checkout  step                     s      cpu s   peak GB")
    for n in options.sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            # Apart, for the memory of this process counts in the peak of those that it starts.
            writer = Process(target=_write_perturbed, args=(n, folder / "raw"))
            writer.start()
            writer.join()
            checkouts = {"new": CHECKOUT}
            if options.old and n <= options.old_up_to:
                checkouts["old"] = options.old.resolve()
            for name, checkout in checkouts.items():
                used = run(checkout, folder / "raw", folder / name)
                total = [sum(column) for column in zip(*used.values(), strict=True)]
                used["all"] = (*total[:2], max(peak for *_, peak in used.values()))
                for step, (took, cpu, peak) in used.items():
                    print(
                        f"{n:9}  {name:8}  {step:20} {took:9.1f} {cpu:9.1f} {peak:9.2f}", flush=True
                    )
            if "old" in checkouts:
                print(f"{n:9}  differing: {differing(folder / 'old', folder / 'new')}", flush=True)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
