"""The classifiers and translators that gates can ask, by their folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.gates.evidence import Classifier, Translator
from lahja.models.folder import ADAPTER, MODEL_FILE
from lahja.translation import translation_prompt
from lahja.varieties import DIALECTS, NADI_COUNTRIES, get_variety

_SEQUENCE_CLASSIFIER = "ForSequenceClassification"
_NLLB = "m2m_100"


@dataclass(frozen=True)
class CountryClassifier:
    """A country classifier of NADI's kind; its probabilities are of our dialects alone."""

    folder: Path
    batch: int = 64
    threads: int | None = None

    def label(self, texts: list[str]) -> tuple[tuple[str, ...], list[list[float]]]:
        """Return the dialects, and of each text P(country) among their countries."""
        from lahja.scorers.country import CountryScorer
        from lahja.scorers.sequence import ScorerSettings

        if not texts:
            return DIALECTS, []
        scorer = CountryScorer(self.folder, ScorerSettings(batch=self.batch), self.threads)
        places = [NADI_COUNTRIES.index(get_variety(code).country) for code in DIALECTS]
        found = scorer.score(texts)[:, places]
        totals = found.sum(axis=1, keepdims=True)
        return DIALECTS, (found / totals.clip(min=1e-12)).tolist()


@dataclass(frozen=True)
class NllbRoundTrip:
    """An NLLB checkpoint."""

    folder: Path
    batch: int = 32
    threads: int | None = None

    def translate(self, texts: list[str], source: str, target: str) -> list[str | None]:
        """Return a translation of each text; None for one that did not end."""
        from lahja.models.nllb import NllbSettings, NllbTranslator

        translator = NllbTranslator(self.folder, NllbSettings(batch=self.batch), self.threads)
        found: list[str | None] = [None] * len(texts)
        for rows, translations in translator.translate(texts, source, target):
            for row, text in zip(rows, translations, strict=True):
                found[row] = text
        return found


@dataclass(frozen=True)
class PromptedTranslator:
    """A model of the graph that translates when it is asked to."""

    root: Path
    adapter: Path | None = None
    batch: int = 32
    threads: int | None = None

    def translate(self, texts: list[str], source: str, target: str) -> list[str | None]:
        """Return a greedy translation of each text; None for one that did not end."""
        from lahja.generation.backend import Request, Sampling
        from lahja.generation.transformers_backend import TransformersBackend

        backend = TransformersBackend(
            self.root, self.adapter, batch=self.batch, threads=self.threads
        )
        requests = [
            Request(str(row), translation_prompt(source, target, text), Sampling())
            for row, text in enumerate(texts)
        ]
        found: list[str | None] = [None] * len(texts)
        for answer in backend.generate(requests):
            found[int(answer.id)] = answer.text if answer.finish_reason == "stop" else None
        return found


def load_classifier(folder: Path, batch: int = 64, threads: int | None = None) -> Classifier:
    """Return the classifier of a folder: a country scorer, or a dialect classifier of the graph."""
    config = _config(folder)
    if any(_SEQUENCE_CLASSIFIER in name for name in config.get("architectures") or ()):
        return CountryClassifier(folder, batch, threads)
    from lahja.labelling import Labeller, LabelSettings

    root, adapter = root_and_adapter(folder)
    return Labeller(root, adapter, LabelSettings(batch=batch), threads)


def load_translator(folder: Path, batch: int = 32, threads: int | None = None) -> Translator:
    """Return the translator of a folder: an NLLB, or a translating model of the graph."""
    if _config(folder).get("model_type") == _NLLB:
        return NllbRoundTrip(folder, batch, threads)
    root, adapter = root_and_adapter(folder)
    return PromptedTranslator(root, adapter, batch, threads)


def root_and_adapter(folder: Path) -> tuple[Path, Path | None]:
    """Return a model folder's root checkpoint, and its adapter where it was trained.

    The root that `model.json` names is looked for from here, and from the folders above.
    """
    if not (folder / ADAPTER).is_dir():
        return folder, None
    root = Path(read_json(folder / MODEL_FILE)["root"])
    places = [root, *(above / root for above in folder.resolve().parents)]
    found = next((place for place in places if (place / "config.json").is_file()), None)
    if found is None:
        raise LahjaError(f"{folder}: its root {root} is not there")
    return found, folder


def _config(folder: Path) -> dict[str, Any]:
    if (folder / "config.json").is_file():
        return read_json(folder / "config.json")
    if (folder / ADAPTER).is_dir():
        return {}
    raise LahjaError(f"{folder}: not a model folder (it has neither config.json nor {ADAPTER}/)")
