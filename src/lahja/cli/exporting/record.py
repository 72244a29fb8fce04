"""What an export reads of a finished run, and which corpora the rows of its datasets are of."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, read_yaml
from lahja.core.hub import MODEL_FILE
from lahja.core.model_graph import ModelGraph
from lahja.core.parameters import open_run
from lahja.core.paths import Paths
from lahja.core.selection import Selection
from lahja.core.tables import EXAMPLES, PAIRS, PARALLEL, PROMPTS, read_table, scan_tables

CHECKOUT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Record:
    """A run: the configuration and versions that it recorded, and the folder of its checkout."""

    home: Path
    config: dict[str, Any]
    graph: ModelGraph
    paths: Paths
    selection: Selection
    provenance: dict[str, Any]

    def place(self, name: str) -> Path:
        """Return where an artifact of the run lies, by its name within `results/<run>`."""
        return self.home / self.paths.results / name

    def base(self, model: str) -> Path:
        """Return the folder of a model's base."""
        return self.home / self.paths.base_model(model)

    def facts(self, model: str) -> dict[str, Any]:
        """Return what the folder of a model that the run made says of it."""
        return read_json(self.place(f"models/{model}/{MODEL_FILE}"))


def open_record(run: Path) -> Record:
    """Return the record of `results/<run>`; raise `LahjaError` where that is no finished run's."""
    recorded = read_yaml(run / "report" / "config.yaml")
    config, graph, paths, selection, _ = open_run(recorded, CHECKOUT)
    home = run.absolute().parents[1]
    if home / paths.results != run.absolute():
        raise LahjaError(f"{run}: holds the run {config['run']}; expected it at {paths.results}")
    provenance = read_json(run / "report" / "provenance.json")
    return Record(home, config, graph, paths, selection, provenance)


def rows_of(record: Record, dataset: str) -> pd.DataFrame:
    """Return a dataset's PAIRS or EXAMPLES with `corpora`, the names of those whose texts it holds.

    Raises `LahjaError` where the run has not made it.
    """
    entry, models = record.config["datasets"][dataset], record.graph.models.values()
    if entry["kind"] == "preferences":
        pairs = read_table(record.home / record.paths.pairs(dataset), PAIRS)
        return pairs.assign(corpora=_of_pairs(record, dataset, pairs))
    learner = next((model.name for model in models if model.dataset == dataset), None)
    if learner is None:
        raise LahjaError(f"datasets.{dataset}: no model of the run learns from it, so it has none")
    rows = read_table(record.home / record.paths.examples(learner), EXAMPLES)
    if entry["kind"] == "chosen":
        pairs = rows_of(record, entry["of"]).set_index("pair_id")["corpora"]
        return rows.assign(corpora=rows["example_id"].map(pairs))
    named = zip(rows["example_id"], rows["kind"], strict=True)
    return rows.assign(corpora=[*starmap(_by_id(record), named)])


def corpora_counts(rows: pd.DataFrame) -> Counter[str]:
    """Return how many rows hold texts of each corpus."""
    return Counter(name for names in rows["corpora"] for name in names)


def expect_redistributable(record: Record, dataset: str, rows: pd.DataFrame) -> None:
    """Raise `LahjaError` naming the corpora of a dataset's rows that may not be redistributed."""
    corpora = record.config["corpora"]
    found = [name for name in corpora_counts(rows) if not corpora[name]["redistributable"]]
    if found:
        told = ", ".join(f"{name} (licence: {corpora[name]['licence']})" for name in found)
        raise LahjaError(
            f"datasets.{dataset}: holds texts of corpora that may not be redistributed: {told}; "
            "where a licence permits it, set corpora.<name>.redistributable and run again"
        )


def _by_id(record: Record) -> Callable[[str, str], list[str]]:
    """Return what finds the corpora of a row by the sentence's id, and by the row's kind."""
    prompts, others = record.config["prompts"], record.selection.corpora("instructions")
    # The longest name first, as one may begin another.
    known = sorted(record.config["corpora_in_use"], key=len, reverse=True)

    def corpora(name: str, kind: str) -> list[str]:
        own = next((corpus for corpus in known if name.startswith(f"{corpus}:")), None)
        if own is None:
            return others
        return [own, prompts["templates"]] if kind in prompts["template_kinds"] else [own]

    return corpora


def _of_pairs(record: Record, dataset: str, pairs: pd.DataFrame) -> list[list[str]]:
    """Return of each pair the corpora of its prompt, and of answers that are recorded ones."""
    path = record.home / record.paths.pairs_made_of(dataset)["prompts"]
    prompts = read_table(path, PROMPTS).set_index("prompt_id").loc[pairs["prompt_id"]]
    is_drawn = prompts["sentence_id"].isna() & prompts["source"].notna()
    holders = _holders(record, prompts.loc[is_drawn, ["source", "reference"]].stack())
    entries = record.config["generators"].items()
    recorded = {name: own["corpus"] for name, own in entries if own["backend"] == "recorded"}
    found, by_id = [], _by_id(record)
    for pair, prompt in zip(pairs.itertuples(), prompts.itertuples(), strict=True):
        if prompt.sentence_id is not None:
            corpora = by_id(prompt.sentence_id, prompt.kind)
        elif prompt.source is None:
            corpora = record.selection.ready_prompts()
        else:
            corpora = sorted(holders[prompt.source] | holders[prompt.reference])
        sides = {recorded.get(pair.chosen_generator), recorded.get(pair.rejected_generator)}
        found.append([*corpora, *sorted(sides - {None, *corpora})])
    return found


def _holders(record: Record, texts: Iterable[str]) -> dict[str, set[str]]:
    """Return the corpora that have each text as one side of a pair."""
    import polars as pl

    table, texts = scan_tables([record.place("data/parallel.parquet")], PARALLEL), {*texts}
    sides = (table.select("corpus", pl.col(side).alias("text")) for side in ("text", "msa", "eng"))
    found = pl.concat([*sides]).filter(pl.col("text").is_in([*texts])).unique().collect()
    holders: dict[str, set[str]] = {}
    for corpus, text in found.iter_rows():
        holders.setdefault(text, set()).add(corpus)
    if lost := texts - holders.keys():
        raise LahjaError(f"{record.place('data/parallel.parquet')}: lacks {min(lost)!r} of a pair")
    return holders
