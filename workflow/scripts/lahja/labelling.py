"""Label texts with the dialect classifier, and translate what is not in the wanted dialect."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lahja.classification import OPTIONS, candidates, labellable, make_question
from lahja.generation.answering import answer
from lahja.generation.backend import Request, Sampling
from lahja.generation.transformers_backend import TransformersBackend
from lahja.models.option_logits import OptionLogitsSettings, OptionScorer
from lahja.settings import parse_settings
from lahja.tables import CANDIDATES, PROMPTS, RESPONSES, empty_table, read_table, write_table
from lahja.translation import translation_prompt


@dataclass(frozen=True)
class LabelSettings(OptionLogitsSettings):
    """The options that the classifier chooses from, and how it is run."""

    varieties: tuple[str, ...] = OPTIONS


@dataclass(frozen=True)
class Labeller:
    """The dialect classifier of a run: a root, and its adapter where it was trained."""

    root: Path
    adapter: Path | None
    settings: LabelSettings
    threads: int | None = None

    def label(self, texts: list[str]) -> tuple[tuple[str, ...], list[list[float]]]:
        """Return the options, and of each text their probabilities."""
        question = make_question(self.settings.varieties)
        if not texts:
            return question.options, []
        scorer = OptionScorer(self.root, self.adapter, self.settings, self.threads)
        asked = [question.prompt(text) for text in texts]
        return question.options, scorer.probabilities(asked, question.letters)


def parse_labeller(
    root: Path, adapter: Path | None, settings: dict, threads: int | None
) -> Labeller:
    """Return the classifier that a script's options describe."""
    return Labeller(root, adapter, parse_settings(LabelSettings, settings), threads)


def label_table(
    labeller: Labeller,
    prompts: Path,
    responses: list[Path],
    dialect: str,
    origin: str,
    output: Path,
) -> None:
    """Label RESPONSES to a dialect's PROMPTS and write them as CANDIDATES.

    Responses without text (refused, not recorded) are left out.
    """
    asked = read_table(prompts, PROMPTS)
    tables = [read_table(path, RESPONSES) for path in responses]
    said = labellable(pd.concat(tables), asked, dialect)
    options, probabilities = labeller.label([*said["response"]])
    frame = candidates(said, dialect, origin, options, probabilities)
    write_table(output, frame if len(frame) else empty_table(CANDIDATES), CANDIDATES)


@dataclass(frozen=True)
class TranslateSettings:
    """How mismatching responses are translated into the wanted dialect."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 256
    seed: int = 0
    batch: int = 64
    precision: str | None = None


def translate_mismatches(
    frame: pd.DataFrame,
    dialect: str,
    settings: TranslateSettings,
    backend: TransformersBackend,
    store: Path,
) -> pd.DataFrame:
    """Return RESPONSES: candidates not labelled as the dialect, translated into it.

    Each is translated from the variety that it was labelled as, and keeps its prompt and its
    generator (paper, section 3).
    """
    sampling = Sampling(
        settings.temperature, settings.top_p, settings.max_new_tokens, settings.seed
    )
    wrong = frame[(frame["dialect"] == dialect) & (frame["label"] != dialect)]
    requests = [
        Request(str(place), translation_prompt(row.label, dialect, row.response), sampling)
        for place, row in enumerate(wrong.itertuples())
    ]
    found = answer(requests, backend, store)
    rows = wrong[["prompt_id", "generator"]].reset_index(drop=True)
    rows["response"] = [item.text for item in found]
    rows["finish_reason"] = [item.finish_reason for item in found]
    rows["n_tokens"] = [item.n_tokens for item in found]
    return rows if len(rows) else empty_table(RESPONSES)
