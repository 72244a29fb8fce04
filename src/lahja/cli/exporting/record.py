"""What an export reads of a finished run, and which corpora the rows of its datasets are of."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lahja.core.config import read_recorded
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.parameters import open_run
from lahja.core.tables import EXAMPLES, PAIRS, PARALLEL, PROMPTS, read_table, scan_tables
from lahja.preferences.directions import target_of
from lahja.preferences.pairs import of_dialects

CHECKOUT = Path(__file__).resolve().parents[4]


class Record:
    """A run: the configuration and versions that it recorded, and its artifacts."""

    def __init__(self, run: Path):
        """Open `results/<run>`; raise `LahjaError` where that is no finished run's folder."""
        recorded = read_recorded(run / "report" / "config.yaml")
        self.config, self.graph, self.paths, self.selection, _ = open_run(recorded, CHECKOUT)
        self.home, expected = run.absolute().parents[1], self.paths.results
        if self.home / expected != run.absolute():
            raise LahjaError(
                f"{run}: holds the run {self.config['run']}; expected it at {expected}"
            )
        self.provenance = read_json(run / "report" / "provenance.json")
        # The longest name first, as one may begin another.
        self._corpora = sorted(self.config["corpora_in_use"], key=len, reverse=True)

    def place(self, name: str) -> Path:
        """Return where an artifact of the run lies, by its name within `results/<run>`."""
        return self.home / self.paths.results / name

    def base(self, model: str) -> Path:
        """Return the folder of a model's base."""
        return self.home / self.paths.base_model(model)

    def rows(self, dataset: str) -> pd.DataFrame:
        """Return a dataset's PAIRS or EXAMPLES with `corpora`, those whose texts each row holds.

        Of a mixture, each dataset's once.
        Raises `LahjaError` where the run has not made it.
        """
        entry = self.config["datasets"][dataset]
        if entry["kind"] == "mixture":
            return pd.concat([*map(self.rows, sorted(entry["of"]))], ignore_index=True)
        path = self.home / self.paths.dataset(dataset)
        if not path.is_file():
            told = "no model of the run learns from it, so it has none"
            raise LahjaError(f"datasets.{dataset}: {told}")
        if entry["kind"] == "preferences":
            pairs = read_table(path, PAIRS)
            return pairs.assign(corpora=self._of_pairs(dataset, pairs))
        if entry["kind"] == "prompts":
            return self._asked(self.paths.dataset(dataset), entry.get("dialects"))
        rows = read_table(path, EXAMPLES)
        if "policy" in entry:
            tables = self.paths.made_of(dataset)["prompts"]
            return rows.assign(corpora=self._of_prompts(tables, rows["example_id"]))
        return rows.assign(corpora=[*map(self._of_id, rows["example_id"], rows["kind"])])

    def expect_redistributable(self, dataset: str, rows: pd.DataFrame) -> None:
        """Raise `LahjaError` naming the corpora of rows that may not be redistributed."""
        corpora = self.config["corpora"]
        found = [name for name in corpora_counts(rows) if not corpora[name]["redistributable"]]
        if found:
            told = ", ".join(f"{name} (licence: {corpora[name]['licence']})" for name in found)
            raise LahjaError(
                f"datasets.{dataset}: holds texts of corpora that may not be redistributed: {told};"
                " where a licence permits it, set corpora.<name>.redistributable and run again"
            )

    def _of_id(self, name: str, kind: str) -> list[str]:
        """Return the corpora of a row by the sentence's id, and by the row's kind."""
        prompts = self.config["prompts"]
        own = next((corpus for corpus in self._corpora if name.startswith(f"{corpus}:")), None)
        if own is None:
            return self.selection.corpora("instructions")
        return [own, prompts["templates"]] if kind in prompts["template_kinds"] else [own]

    def _of_pairs(self, dataset: str, pairs: pd.DataFrame) -> list[list[str]]:
        """Return of each pair the corpora of its prompt, and of answers that are recorded ones."""
        entries = self.config["generators"].items()
        recorded = {name: own["corpus"] for name, own in entries if own["backend"] == "recorded"}
        tables = self.paths.made_of(dataset)["prompts"]
        found = self._of_prompts(tables, pairs["prompt_id"])
        for corpora, pair in zip(found, pairs.itertuples(), strict=True):
            sides = {recorded.get(pair.chosen_generator), recorded.get(pair.rejected_generator)}
            corpora += sorted(sides - {None, *corpora})
        return found

    def _of_prompts(self, tables: Iterable[str], names: Iterable[str]) -> list[list[str]]:
        """Return the corpora of some of the prompts of tables, by their `prompt_id`."""
        asked = pd.concat([read_table(self.home / path, PROMPTS) for path in tables])
        prompts = asked.set_index("prompt_id").loc[[*names]]
        is_drawn = prompts["sentence_id"].isna() & prompts["source"].notna()
        holders = self._holders(prompts.loc[is_drawn, ["source", "reference"]].stack())
        found = []
        for prompt in prompts.itertuples():
            if prompt.sentence_id is not None:
                found.append([*self._of_id(prompt.sentence_id, prompt.kind)])
            elif prompt.source is None:
                found.append([*self.selection.ready_prompts()])
            else:
                found.append(sorted(holders[prompt.source] | holders[prompt.reference]))
        return found

    def _asked(self, table: str, dialects: list[str] | None) -> pd.DataFrame:
        """Return a table's prompts with their references as EXAMPLES, and their corpora."""
        prompts = of_dialects(read_table(self.home / table, PROMPTS), dialects)
        rows = prompts.rename(columns={"prompt_id": "example_id", "reference": "completion"})
        rows["variety"] = [*map(target_of, rows["kind"], rows["dialect"])]
        corpora = self._of_prompts([table], rows["example_id"])
        return rows[EXAMPLES.names].assign(corpora=corpora)

    def _holders(self, texts: Iterable[str]) -> dict[str, set[str]]:
        """Return the corpora that have each text as one side of a pair."""
        import polars as pl

        path, texts = self.place("data/parallel.parquet"), {*texts}
        table = scan_tables([path], PARALLEL)
        sides = (table.select("corpus", pl.col(s).alias("text")) for s in ("text", "msa", "eng"))
        found = pl.concat([*sides]).filter(pl.col("text").is_in([*texts])).group_by("text")
        holders = {text: {*names} for text, names in found.agg("corpus").collect().iter_rows()}
        if lost := texts - holders.keys():
            raise LahjaError(f"{path}: lacks {min(lost)!r} of a pair")
        return holders


def corpora_counts(rows: pd.DataFrame) -> Counter[str]:
    """Return how many rows hold texts of each corpus."""
    return Counter(name for names in rows["corpora"] for name in names)
