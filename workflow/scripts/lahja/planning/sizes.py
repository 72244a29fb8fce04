"""How much there is of everything in a run: from the config, counted on disk, or assumed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Tables of a run whose rows take the place of an assumption.
_COUNTED = (
    "data/sentences.parquet",
    "data/parallel.parquet",
    "training/*.parquet",
    "prompts/*.parquet",
    "preferences/*/train.parquet",
    "evaluation/prompts.parquet",
)


@dataclass(frozen=True)
class Assumptions:
    """What the config leaves open; meanings and sources are in resources/rates/sizes.yaml."""

    corpus_surplus: float
    sentence_tokens: float
    chat_tokens: float
    question_tokens: float
    template_tokens: float
    answer_tokens: float
    translation_pairs: int
    clean_share: float
    lacking_share: float
    mismatch_share: float
    paired_share: float
    flores_sentences: int
    ready_prompts_per_dialect: int
    instruction_examples: int
    scorer_sentences: int
    row_bytes: float
    environment_bytes: float


def count_rows(results: Path) -> dict[str, int]:
    """Return the rows of a run's tables that are on disk, by path within its results."""
    files = [path for pattern in _COUNTED for path in sorted(results.glob(pattern))]
    if not files:
        return {}
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_metadata

    counts = {}
    for path in files:
        try:
            counts[path.relative_to(results).as_posix()] = read_metadata(path).num_rows
        except ArrowInvalid:
            # Another run is writing it.
            continue
    return counts


class Sizes:
    """Numbers of sentences, examples, prompts and responses of one run."""

    def __init__(self, config: dict[str, Any], assumed: Assumptions, counted: dict[str, int]):
        """Take a resolved configuration, the assumptions, and the rows counted on disk."""
        self.config, self.assumed, self.counted = config, assumed, counted
        self.dialects = config["dialects"]

    @property
    def sentences(self) -> float:
        """Sentences of all corpora, cleaned."""
        learnt = sum(
            self._classification(entry)
            for entry in self.config["datasets"].values()
            if entry["kind"] == "classification"
        )
        return self.counted.get("data/sentences.parquet", self.assumed.corpus_surplus * learnt)

    @property
    def pairs(self) -> float:
        """Translation pairs of all corpora: a dialect sentence with its MSA or English."""
        longest = [
            entry["max_pairs"] / len(entry["directions"])
            for entry in self.config["datasets"].values()
            if entry["kind"] == "translation" and entry["max_pairs"]
        ]
        assumed = max(longest, default=self.assumed.translation_pairs)
        return self.counted.get("data/parallel.parquet", assumed)

    def examples(self, dataset: str) -> float:
        """Return the training examples, or preference pairs, of a dataset."""
        entry = self.config["datasets"][dataset]
        kind = entry["kind"]
        if kind == "preferences":
            table = f"preferences/{dataset}/train.parquet"
            if entry["objective"] == "ranked":
                asked = len(self.dialects) * 4 * entry["per_direction"]
                return self.counted.get(table, self.assumed.paired_share * asked)
            assumed = entry["pairs_per_prompt"] * self.assumed.paired_share * self.all_prompts
            return self.counted.get(table, assumed)
        table = f"training/{dataset}.parquet"
        if table in self.counted:
            return self.counted[table]
        if kind == "chosen":
            return self.examples(entry["of"])
        return getattr(self, f"_{kind}")(entry)

    def example_tokens(self, kind: str) -> float:
        """Return the tokens of one example; of a preference pair, those of both sides."""
        known = self.assumed
        if kind == "classification":
            return known.chat_tokens + known.question_tokens + known.sentence_tokens
        if kind == "translation":
            return known.chat_tokens + known.template_tokens / 2 + 2 * known.sentence_tokens
        if kind == "preferences":
            return 2 * (self.prompt_tokens + known.answer_tokens)
        return self.prompt_tokens + known.sentence_tokens

    @property
    def prompt_tokens(self) -> float:
        """Tokens of one prompt: chat template, wording, sentence."""
        known = self.assumed
        return known.chat_tokens + known.template_tokens + known.sentence_tokens

    @property
    def labelled_tokens(self) -> float:
        """Tokens of the classifier's question about one response."""
        known = self.assumed
        return known.chat_tokens + known.question_tokens + known.answer_tokens

    def prompts(self, dialect: str) -> float:
        """Return the prompts of a dialect that the generators answer."""
        asked = self.config["prompts"]
        number = self.config["sampling"]["per_dialect"][dialect]
        number += asked["translation_per_dialect"] + asked["recorded_per_dialect"]
        return self.counted.get(f"prompts/{dialect}.parquet", number)

    @property
    def all_prompts(self) -> float:
        """Prompts of all dialects."""
        return sum(self.prompts(dialect) for dialect in self.dialects)

    def responses(self, dialect: str) -> float:
        """Return all generators' responses to a dialect's prompts."""
        return len(self.config["generators"]) * self.prompts(dialect)

    @property
    def evaluation_prompts(self) -> float:
        """Prompts that every evaluated model answers, the validation set's among them."""
        asked = self.config["evaluation"]
        sentences = asked["per_direction"] or self.assumed.flores_sentences
        sentences *= len(asked["translation"])
        ready = self.assumed.ready_prompts_per_dialect if asked["prompts"] else 0
        if asked["per_dialect"]:
            ready = asked["per_dialect"] * len(asked["prompts"])
        number = self.counted.get(
            "evaluation/prompts.parquet", len(self.dialects) * (4 * sentences + ready)
        )
        held_out = 4 * (asked["validation_translation"] or 0)
        held_out += self.config["preferences"]["validation_per_dialect"]
        return number + len(self.dialects) * held_out

    @property
    def questions(self) -> float:
        """Questions of the classifier's test."""
        entries = [e for e in self.config["datasets"].values() if e["kind"] == "classification"]
        return sum(entry["test_per_variety"] * len(entry["varieties"]) for entry in entries)

    def _classification(self, entry: dict[str, Any]) -> float:
        return entry["per_variety"] * len(entry["varieties"])

    def _translation(self, entry: dict[str, Any]) -> float:
        number = self.pairs * len(entry["directions"])
        if entry["variant"] == "clean":
            number *= self.assumed.clean_share
        return min(number, entry["max_pairs"] or number)

    def _instructions(self, entry: dict[str, Any]) -> float:
        number = entry["max_examples"] or self.assumed.instruction_examples
        return number + (entry["plain_sentences"] or 0)
