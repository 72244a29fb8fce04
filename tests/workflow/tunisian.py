"""What a run with Tunisian needs: corpora, small checkpoints, and a server that answers in dialect."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import yaml

from lahja.core.tables import EXAMPLES, SENTENCES, TEACHER_SCORES, write_table
from lahja.core.varieties import FOLDER, VARIETIES, read_variety
from lahja.corpora.ingest import ingest_corpus
from lahja.corpora.text import comparison_key
from lahja.demo.corpora import Settings, build_demo
from lahja.demo.language_models import pretrain
from lahja.demo.scorers import train_small_language, train_small_scorer
from lahja.prompts.classification import classifier_data
from lahja.prompts.wordings import translation_prompt

HERE = Path(__file__).parents[1] / "tunisian"
_WORD = re.compile(r"\w+")
_SMALL = Settings(
    fillings_per_frame=6,
    flores_lines=16,
    evaluation_prompts=4,
    instructions_per_dialect_and_kind=1,
    aldi_rows=1200,
)
_SCORER = {"hidden": 32, "layers": 1, "heads": 2, "intermediate": 32, "vocabulary": 800}


# --- corpora ----------------------------------------------------------------------------------


def write_corpora(folder: Path) -> None:
    """Write a few of the demo's corpora, in its five dialects."""
    build_demo(FOLDER.parents[0] / "demo", _SMALL, folder)


def add_tunisian(folder: Path) -> None:
    """Add Tunisian to the corpora: Moroccan with other words, in each corpus's own layout."""
    words = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))

    def tunisian(text: str) -> str:
        found = _WORD.sub(lambda match: words.get(match[0], match[0]), text)
        return found if found != text else f"{text} زادة"

    madar = folder / "MADAR"
    rows = [line.split("\t") for line in _lines(madar / "MADAR.corpus.Rabat.tsv")]
    own = [[number, split, "TUN", tunisian(text)] for number, split, _, text in rows[1:]]
    _write(madar / "MADAR.corpus.Tunis.tsv", map("\t".join, [rows[0], *own]))
    nadi = folder / "NADI" / "NADI2023_TWT.tsv"
    posts = [line.split("\t") for line in _lines(nadi)]
    own = [
        [f"tun_{n}", tunisian(text), "Tunisia"] for n, text, place in posts if place == "Morocco"
    ]
    _write(nadi, map("\t".join, [*posts, *own]))
    flores = folder / "flores200_dataset" / "devtest"
    _write(flores / "aeb_Arab.devtest", map(tunisian, _lines(flores / "ary_Arab.devtest")))
    templates = folder / "al-qasida" / "prompt_templates" / "json" / "dial8.json"
    layout = json.loads(templates.read_text(encoding="utf-8"))
    layout["tun"] = {"all": [*map(tunisian, layout["mar"]["all"])]}
    templates.write_text(json.dumps(layout, ensure_ascii=False), encoding="utf-8")
    for task in ("mono", "xling"):
        prompts = pd.read_csv(folder / "al-qasida" / task / "mar.csv", index_col=False)
        prompts["prompt"] = prompts["prompt"].str.replace("Moroccan", "Tunisian").map(tunisian)
        prompts.to_csv(folder / "al-qasida" / task / "tun.csv", index=False)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _write(path: Path, lines) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


# --- checkpoints ------------------------------------------------------------------------------


def write_checkpoints(corpora: Path, folder: Path) -> None:
    """Write a small LLM and small scorers into `folder`; the LLM has seen all six dialects."""
    sentences = _training_sentences(corpora)
    write_table(folder / "sentences.parquet", sentences, SENTENCES)
    teacher = sentences.reindex(columns=TEACHER_SCORES.names).astype(object)
    teacher["aldi"] = (sentences["variety"] != "msa").astype(float).where(_is_arabic(sentences))
    teacher = teacher[_is_arabic(sentences)].assign(teacher="given")
    write_table(folder / "teacher.parquet", teacher.where(teacher.notna(), None), TEACHER_SCORES)
    paths = (folder / "teacher.parquet", folder / "sentences.parquet")
    settings = _SCORER | {"epochs": 2, "max_sentences": 800, "learning_rate": 3e-3}
    for scorer in ("aldi", "country"):
        train_small_scorer(scorer, *paths, settings, folder / scorer)
    train_small_language(paths[1], {"epochs": 5, "bucket": 2000}, folder / "language")
    examples = folder / "examples.parquet"
    write_table(examples, _examples(sentences), EXAMPLES)
    llm = {"hidden": 64, "layers": 2, "heads": 2, "intermediate": 128, "vocabulary": 1500}
    llm |= {"epochs": 4, "learning_rate": 4e-3, "batch_tokens": 2048}
    pretrain(examples, llm, folder / "llama", {"name": "llama"})


def _is_arabic(sentences: pd.DataFrame) -> pd.Series:
    return sentences["variety"] != "eng"


def _training_sentences(corpora: Path) -> pd.DataFrame:
    entry = {"reader": "madar", "options": {"varieties": list(VARIETIES)}}
    rows = ingest_corpus("madar", entry, corpora / "MADAR", 1, 200)[0].to_pandas()
    rows = rows[rows["split"] != "evaluation"].drop_duplicates(["variety", "text"])
    held_out = rows.groupby("variety").cumcount() % 10 == 0
    rows["split"] = held_out.map({True: "test", False: "train"})
    rows["key"] = rows["text"].map(comparison_key)
    return rows.reindex(columns=SENTENCES.names)


def _examples(sentences: pd.DataFrame) -> pd.DataFrame:
    options = tuple(code for code in VARIETIES if code != "eng")
    known, _ = classifier_data(sentences, options, 220, 1, seed=0)
    sides = sentences.drop_duplicates(["group_id", "variety"])
    sides = sides.pivot(index="group_id", columns="variety", values="text").head(100)
    rows = [
        {
            "example_id": f"{group}:{source}:{target}",
            "kind": "translation",
            "variety": target,
            "prompt": translation_prompt(source, target, pair[source]),
            "completion": pair[target],
        }
        for source, target in (("msa", code) for code in options if code != "msa")
        for group, pair in sides[[source, target]].dropna().iterrows()
    ]
    # So often that each letter of the answers is a token.
    plain = [
        {"example_id": f"letters:{n}", "kind": "plain", "variety": "eng", "prompt": None,
         "completion": f"a b c d e f g {n}"}
        for n in range(60)
    ]  # fmt: skip
    return pd.concat([known, pd.DataFrame(rows + plain)], ignore_index=True)


@contextmanager
def known_in_this_process() -> Iterator[None]:
    """Make Tunisian a known dialect of the test's own process."""
    before = dict(VARIETIES)
    vars(VARIETIES)["data"] = before | {"tun": read_variety(HERE / "tun.yaml")}
    try:
        yield
    finally:
        vars(VARIETIES)["data"] = before


# --- the server -------------------------------------------------------------------------------


class DialectServer(ThreadingHTTPServer):
    """Chat completions: `in-dialect` answers in the prompt's dialect, any other model in MSA."""

    def __init__(self, prompts: Path, sentences: pd.DataFrame) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.prompts = prompts
        self.pools = {code: [*own["text"]] for code, own in sentences.groupby("variety")}
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    def answer(self, model: str, prompt: str) -> str:
        """Return a sentence, and count which dialect was asked for."""
        with self.lock:
            table = pd.read_parquet(self.prompts).set_index("prompt")
            dialect = table["dialect"].loc[prompt]
            self.asked[dialect] += 1
            pool = self.pools[dialect if model == "in-dialect" else "msa"]
            return pool[sum(self.asked.values()) % len(pool)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = self.server.answer(asked["model"], asked["messages"][-1]["content"])
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"]}
        body = json.dumps(reply | {"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def dialect_server(prompts: Path, sentences: pd.DataFrame) -> Iterator[DialectServer]:
    """Run the server; `prompts` is the run's table of them, which tells their dialects."""
    with DialectServer(prompts, sentences) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
