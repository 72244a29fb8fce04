"""Audit preference pairs: all gates' verdicts, models among them, against a reader's labels."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import pandas as pd

from lahja.core.config.evaluation import Gates
from lahja.core.config.scorers import NllbDecoding
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.tables import AUDIT, VERDICTS
from lahja.core.varieties import NADI_COUNTRIES, VARIETIES, dialects_among, get_variety
from lahja.corpora.readers import PreferencePair
from lahja.corpora.readers.rows import Reject, read_records
from lahja.corpora.text import arabic_share
from lahja.generation.backend import Backend, Request, Sampling
from lahja.generation.transformers_backend import TransformersBackend
from lahja.models.folder import ADAPTER, MODEL_FILE
from lahja.models.nllb import NllbTranslator
from lahja.models.option_logits import Labeller
from lahja.preferences.gates import GATES_OF_PAIRS, NO_SIGNAL, TRUNCATED
from lahja.preferences.gates.form import unwrapped
from lahja.preferences.gates.verdict import NOT_COMPUTED, PASSED, STOPPED, Pair
from lahja.prompts.intent import TRANSLATE, parse_prompt
from lahja.prompts.wordings import translation_prompt
from lahja.scoring.judges import CountryScorer

# Gives the varieties that it knows, and of each text their probabilities.
Classifier = Callable[[list[str]], tuple[tuple[str, ...], list[list[float]]]]
# Translates texts from one variety into another; None stands for one that could not be made.
Translator = Callable[[list[str], str, str], list[str | None]]

# Rejects that are kept to be shown; all are counted.
_MAX_SHOWN = 20
# Which gates are there for which kind of defect.
GATES_OF_DEFECT: dict[str, tuple[str, ...]] = {
    "wrong_language": ("language",),
    "echo": ("echo",),
    "artefact": ("artefact", "repetition"),
    "wrong_dialect": ("dialect",),
    "adequacy": ("adequacy", "length", "numbers", "names"),
    TRUNCATED: (TRUNCATED,),
    NO_SIGNAL: (NO_SIGNAL,),
}


def audit_pairs(
    pairs: list[PreferencePair],
    settings: Gates,
    classifier: Classifier | None = None,
    translator: Translator | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return AUDIT and VERDICTS; models judge where they are given."""
    known = [
        Pair(
            parse_prompt(pair.prompt, pair.variety, pair.payload, pair.system, pair.earlier),
            pair.chosen, pair.rejected, label=pair.chosen_label, reference=pair.reference,
            rejected_finish=pair.rejected_finish,
        )
        for pair in pairs
    ]  # fmt: skip
    if classifier is not None:
        known = with_labels(known, classifier)
    if translator is not None:
        known = with_back_translations(known, translator)
    rows, verdicts = [], []
    for pair, own in zip(pairs, known, strict=True):
        index = pair.line - 1
        found = {gate: judge(own, settings) for gate, judge in GATES_OF_PAIRS.items()}
        verdicts += [(index, gate, *verdict) for gate, verdict in found.items()]
        stops = [gate for gate, verdict in found.items() if verdict.status == STOPPED]
        unknown = [gate for gate, verdict in found.items() if verdict.status == NOT_COMPUTED]
        first = (stops[0], found[stops[0]].reason) if stops else (None, None)
        told = (index, pair.file, own.intent.kind, own.intent.variety)
        rows.append((*told, *first, stops, unknown, pair.prompt, pair.chosen, pair.rejected))
    return pd.DataFrame(rows, columns=AUDIT.names), pd.DataFrame(verdicts, columns=VERDICTS.names)


class Summary:
    """How many pairs each gate stops, passes and cannot tell, of one table after another."""

    def __init__(self) -> None:
        self.n_pairs = self.n_rejects = 0
        self.rejects: list[Reject] = []
        self._first, self._statuses, self._unknown = Counter(), Counter(), Counter()

    def add(self, rejects: list[Reject], pairs: pd.DataFrame, verdicts: pd.DataFrame) -> None:
        """Count AUDIT and VERDICTS of some pairs, and records that are none; keep the first."""
        self.n_rejects += len(rejects)
        self.rejects += rejects[: _MAX_SHOWN - len(self.rejects)]
        self.n_pairs += len(pairs)
        self._first.update(pairs["gate"].value_counts().to_dict())
        self._statuses.update(verdicts.value_counts(["gate", "status"]).to_dict())
        unknown = verdicts[verdicts["status"] == NOT_COMPUTED]
        self._unknown.update(unknown.value_counts(["gate", "reason"]).to_dict())

    def __str__(self) -> str:
        """Return the counts as text."""
        n_stopped = self._first.total()
        lines = [f"records that are no pairs: {self.n_rejects}", ""] * (self.n_rejects > 0)
        lines += [
            f"{self.n_pairs} pairs: {n_stopped} stopped, {self.n_pairs - n_stopped} go through",
            "",
            f"{'gate':<20}  stopped  first  passed  not computed  mostly because",
        ]
        for gate in GATES_OF_PAIRS:
            stopped, passed, unknown = (
                self._statuses[gate, status] for status in (STOPPED, PASSED, NOT_COMPUTED)
            )
            reasons = {why: n for (own, why), n in self._unknown.items() if own == gate}
            why = max(reasons, key=reasons.get, default="")
            row = f"{gate:<20}{stopped:>9}{self._first[gate]:>7}{passed:>8}{unknown:>14}"
            lines.append(f"{row}  {why}".rstrip())
        return "\n".join(lines)


def read_labels(path: Path) -> dict[int, tuple[str, ...]]:
    """Return the defects by the pair's position, from 0; `none` is no defect.

    The CSV needs the columns `index` and `defects` (joined by semicolons). Raises `LahjaError`
    naming the row that is faulty.
    """
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    labels: dict[int, tuple[str, ...]] = {}
    for row in read_records(path, path.name, ("index", "defects"), delimiter=","):
        if isinstance(row, Reject):
            raise LahjaError(f"{path}:{row.line}: {row.reason}")
        line, fields = row
        defects = tuple(part.strip() for part in fields["defects"].split(";"))
        defects = () if defects == ("none",) else defects
        if unknown := [defect for defect in defects if defect not in GATES_OF_DEFECT]:
            known = ", ".join(("none", *GATES_OF_DEFECT))
            raise LahjaError(f"{path}:{line}: defect {unknown[0]!r}: expected {known}")
        if not fields["index"].isdigit():
            raise LahjaError(f"{path}:{line}: index {fields['index']!r} is no position")
        labels[int(fields["index"])] = defects
    return labels


def with_defects(pairs: pd.DataFrame, labels: dict[int, tuple[str, ...]]) -> pd.DataFrame:
    """Return the rows of AUDIT that have a label, with their `defects`, in the labels' order.

    `missed` are the defects that no gate caught. Raises `LahjaError` for a label without a pair.
    """
    rows = pairs.set_index("index", drop=False)
    if missing := [index for index in labels if index not in rows.index]:
        raise LahjaError(f"labels: there is no pair {missing[0]}")
    rows = rows.loc[[*labels]].assign(defects=[*labels.values()])
    # A defect of the rejected text is caught by its own gate only, and counts for no other.
    own = {TRUNCATED, NO_SIGNAL}
    missed = [
        tuple(k for k in defects if not (k in gates if k in own else {*gates} - own))
        for defects, gates in zip(rows["defects"], rows["all_gates"], strict=True)
    ]
    return rows.assign(missed=missed)


def recall_table(labelled: pd.DataFrame) -> pd.DataFrame:
    """Return by kind of defect how many pairs have it, are stopped, and are stopped for it."""
    rows = {}
    for kind, gates in GATES_OF_DEFECT.items():
        own = labelled[[kind in defects for defects in labelled["defects"]]]
        if len(own):
            n_stopped = sum(kind not in missed for missed in own["missed"])
            n_named = sum(not {*gates}.isdisjoint(stops) for stops in own["all_gates"])
            rows[kind] = (len(own), n_stopped, n_named)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "stopped", "named"])


def comparison_report(labelled: pd.DataFrame, verdicts: pd.DataFrame) -> str:
    """Return the comparison with the labels as text, a line `recall <kind> <value>` per kind."""
    recalls = recall_table(labelled)
    is_stopped, is_sound = labelled["gate"].notna(), labelled["defects"].map(len) == 0
    n_stopped, false_stops = is_stopped.sum(), labelled[is_stopped & is_sound]
    lines = [f"recall {r.Index} {r.stopped / r.n:.3f}" for r in recalls.itertuples()]
    precision = f"{1 - len(false_stops) / n_stopped:.3f}" if n_stopped else "n/a"
    lines += [f"precision {precision}", ""]
    for r in recalls.itertuples():
        lines.append(f"{r.Index}: {r.stopped} of {r.n} stopped, {r.named} by a gate for it")
    lines.append(f"sound pairs stopped: {len(false_stops)} of {is_sound.sum()}")
    for row in labelled[labelled["missed"].map(len) > 0].itertuples():
        lines.append(f"missed {row.index} ({', '.join(row.missed)}): {_shown(row.chosen)}")
    stops = verdicts[verdicts["status"] == STOPPED]
    for row in false_stops.itertuples():
        own = stops[stops["index"] == row.index]
        why = "; ".join(own["gate"] + ": " + own["reason"])
        lines.append(f"false stop {row.index} ({why}): {_shown(row.chosen)}")
    return "\n".join(lines)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def with_labels(pairs: list[Pair], classifier: Classifier) -> list[Pair]:
    """Return the pairs with the classifier's word on each chosen text in Arabic."""
    rows = [i for i, pair in enumerate(pairs) if arabic_share(pair.chosen) >= 0.5]
    options, found = classifier([unwrapped(pairs[row].chosen) for row in rows])
    labelled = list(pairs)
    for row, values in zip(rows, found, strict=True):
        known = dict(zip(options, values, strict=True))
        labelled[row] = replace(pairs[row], label=max(known, key=known.get), probabilities=known)
    return labelled


def with_back_translations(pairs: list[Pair], translator: Translator) -> list[Pair]:
    """Return the pairs with translations without a reference put back into the source's variety."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, pair in enumerate(pairs):
        varieties = (pair.intent.source_variety, pair.intent.variety)
        is_known = pair.intent.kind == TRANSLATE and None not in (pair.intent.payload, *varieties)
        if is_known and pair.reference is None and any(c.isalnum() for c in pair.chosen):
            groups[varieties].append(row)
    translated = list(pairs)
    for (source, target), own in groups.items():
        backs = translator([unwrapped(pairs[row].chosen) for row in own], target, source)
        there = translator([pairs[row].intent.payload for row in own], source, target)
        again = translator([text or "" for text in there], target, source)
        for row, back, text, trip in zip(own, backs, there, again, strict=True):
            trip = trip if text else None
            translated[row] = replace(pairs[row], back_translation=back, own_round_trip=trip)
    return translated


def load_classifier(folder: Path, batch: int = 64) -> Classifier:
    """Return the classifier of a folder: a country scorer, or a dialect classifier of the graph."""
    base_model, adapter = _base_and_adapter(folder)
    kinds = str(read_json(base_model / "config.json").get("architectures"))
    if "ForSequenceClassification" in kinds:
        return partial(_by_country, CountryScorer(folder, batch=batch))
    return Labeller(base_model, adapter, batch=batch).label


def load_translator(folder: Path, batch: int = 32) -> Translator:
    """Return the translator of a folder: an NLLB, or a translating model of the graph."""
    base_model, adapter = _base_and_adapter(folder)
    if read_json(base_model / "config.json").get("model_type") == "m2m_100":
        return partial(_by_nllb, NllbTranslator(folder, NllbDecoding(batch=batch)))
    return partial(_by_prompt, TransformersBackend(base_model, adapter, batch=batch))


def _by_country(scorer: CountryScorer, texts: list[str]) -> tuple[tuple, list[list[float]]]:
    """Return the dialects, and of each text P(country) among their countries."""
    dialects = dialects_among(VARIETIES)
    places = [NADI_COUNTRIES.index(get_variety(code).country) for code in dialects]
    found = scorer.score(texts)[:, places]
    return dialects, (found / found.sum(axis=1, keepdims=True).clip(min=1e-12)).tolist()


def _by_nllb(model: NllbTranslator, texts: list[str], source: str, target: str) -> list[str | None]:
    """Return NLLB's translation of each text; None for one that did not end."""
    batches = model.translate(texts, source, target)
    found = dict(chain.from_iterable(zip(*batch, strict=True) for batch in batches))
    return [found[row] for row in range(len(texts))]


def _by_prompt(backend: Backend, texts: list[str], source: str, target: str) -> list[str | None]:
    """Return a prompted model's greedy translation of each text; None for one that did not end."""
    prompts = [translation_prompt(source, target, text) for text in texts]
    requests = [Request(str(row), prompt, Sampling()) for row, prompt in enumerate(prompts)]
    answers = {a.id: a.text for a in backend.generate(requests) if a.finish_reason == "stop"}
    return [answers.get(request.id) for request in requests]


def _base_and_adapter(folder: Path) -> tuple[Path, Path | None]:
    """Return a model folder's base checkpoint, and its adapter where it was trained."""
    if (folder / "config.json").is_file():
        return folder, None
    if not (folder / ADAPTER).is_dir():
        raise LahjaError(f"{folder}: not a model folder (neither config.json nor {ADAPTER}/)")
    # The checkpoint that it names is looked for from here, and from the folders above.
    named = Path(read_json(folder / MODEL_FILE)["root"])
    for place in (named, *(above / named for above in folder.resolve().parents)):
        if (place / "config.json").is_file():
            return place, folder
    raise LahjaError(f"{folder}: its base model {named} is not there")
