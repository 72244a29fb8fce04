"""Check lahja's metrics against the scores that AL-QASIDA's output files record.

FOLDER is searched for `…_samples.csv` and `…_metrics.csv` at any depth, the published ones
(`eng_to_egy`, `generations`) and those that its evaluator writes (`eng-egy`, `text`). Each gets one
line: its rows, the metrics that could be checked, the largest difference, and whether a column
called chrF holds chrF2 or chrF++. A file that is not AL-QASIDA's is named and passed over.

The exit code is 1 if a difference is above its tolerance: 1e-4 for chrF and spBLEU (0 to 100), 1e-9
for ADI2 and means (0 to 1), 1e-6 for probabilities recorded in single precision, none for the rules
of zero. A recorded mean that the file's own rows do not give is said in words and does not count.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.alqasida import CORPUS_COLUMNS, SCORE_COLUMNS, RecordedFile, read_folder
from lahja.corpora.readers.rows import Reject
from lahja.evaluation.sentence_scores import corpus_scores, score_translations
from lahja.scoring.dialectness import adi2, country_probability, has_enough_words, macro_probability
from lahja.scoring.translation import SpBleu, load_spbleu

# Largest difference that counts as agreement: scores of 0 to 100, scores of 0 to 1, and sums of
# probabilities that were rounded to single precision.
OVERLAP_TOLERANCE = 1e-4
FIDELITY_TOLERANCE = 1e-9
PROBABILITY_TOLERANCE = 1e-6
# The names by which checks are shown, and the tolerance of a sentence's score where one is checked.
METRICS = {
    "chrf": ("chrF2", OVERLAP_TOLERANCE), "chrf_plus_plus": ("chrF++", OVERLAP_TOLERANCE),
    "spbleu": ("spBLEU", OVERLAP_TOLERANCE),
    "adi2": ("ADI2", FIDELITY_TOLERANCE), "adi2_macro": ("ADI2-macro", FIDELITY_TOLERANCE),
    "p_country": ("P(country)", PROBABILITY_TOLERANCE),
    "p_region": ("P(region)", PROBABILITY_TOLERANCE),
    "aldi": ("ALDi", None), "is_arabic": ("Arabic", None),
}  # fmt: skip
_COLUMNS = ["metric", "place", "ours", "theirs", "tolerance"]
# Of a summary alone.
_SHOWN = ("score", "dialectid_score", "macro_score", *CORPUS_COLUMNS)
_ODD = "recorded mean is not that of its rows"


def main(
    folder: Path, /, *, spbleu_model: Path | None = None, spbleu_download: bool = False
) -> None:
    """Print one line per file and one per metric; exit with 1 where they part.

    spBLEU is checked where its SentencePiece model is given or may be downloaded.
    """
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    tables: list[pd.DataFrame] = []
    sizes: list[int | None] = []
    told: dict[str, list[str]] = defaultdict(list)
    for file in read_folder(folder):
        if isinstance(file, Reject):
            print(f"passed over: {file.reason}")
            told["passed over, not AL-QASIDA's"].append(file.file)
            continue
        check = Check(file, spbleu)
        tables.append(check.values.assign(file=file.shown))
        sizes.append(None if file.rows is None else len(file.rows))
        print(f"{file.shown:<60}  {sizes[-1] or 0:>5} rows  {_verdict(check)}")
        for column, metric in check.chrf.items():
            told[f"{column} is {metric}"].append(file.shown)
        if check.odd_means:
            told[f"{_ODD}, not counted"].append(file.shown)
    without = f"; {sizes.count(None)} files hold only a summary" if None in sizes else ""
    print(f"{len(sizes)} files, {sum(filter(None, sizes)):,} rows{without}\n")
    values = pd.concat(tables, ignore_index=True)
    print(_metrics(values))
    for words, files in told.items():
        print(f"{words}: {len(files)} files ({', '.join(files[:2])}{' …' if files[2:] else ''})")
    if spbleu.metric is None:
        print(f"spBLEU is not checked: {spbleu.reason}")
    if values.empty and any(sizes):
        raise LahjaError(f"{folder}: its {len(sizes)} files record no scores to check")
    _expect_agreement(values)


def _expect_agreement(values: pd.DataFrame) -> None:
    for worst in values.sort_values("severity").tail(1).itertuples():
        if worst.difference > worst.tolerance:
            raise LahjaError(
                f"{worst.file}: {worst.metric} differs by {worst.difference:.1e} ({worst.place}), "
                f"above the tolerance of {worst.tolerance:.0e}"
            )


def _largest(values: pd.DataFrame) -> pd.DataFrame:
    """Return of each metric the row with the largest difference; `n` is how many it has."""
    by_metric = values.groupby("metric", sort=False)["difference"]
    return values.loc[by_metric.idxmax()].assign(n=by_metric.size().to_numpy())


def _verdict(check: "Check") -> str:
    words = [f"{column} is {metric}" for column, metric in check.chrf.items()]
    words += [f"{_ODD} ({', '.join(check.odd_means)})"] if check.odd_means else []
    if check.rows is None:
        known = (f"{c} {check.summary[c]:.4f}" for c in _SHOWN if c in check.summary)
        return f"only a summary, without texts to check it: {', '.join(known)}"
    if check.values.empty:
        return "; ".join(["records no scores to check", *words])
    checks = _largest(check.values)
    worst = checks.sort_values(["severity", "difference"], ascending=False).iloc[0]
    names = [metric for metric in checks["metric"] if not metric.startswith("mean-")]
    names += [f"{n_means} means"] if (n_means := len(checks) - len(names)) else []
    verdict = "ok" if worst.difference <= worst.tolerance else "DIFFERS"
    where = f"{worst.metric}, {worst.place}" if worst.difference else worst.metric
    difference = f"largest difference {worst.difference:.1e} ({where})"
    return "; ".join([f"{verdict}  {difference}  {' '.join(names)}", *words])


def _metrics(values: pd.DataFrame) -> str:
    """Return a table of the largest difference of each metric, and where it is."""
    lines = [f"{'metric':<18}{'values':>8}{'largest difference':>20}{'tolerance':>11}  in"]
    for worst in _largest(values).itertuples():
        numbers = f"{worst.n:>8,}{worst.difference:>20.1e}{worst.tolerance:>11.0e}"
        where = f"{worst.file} {worst.place}" if worst.difference else ""
        lines.append(f"{worst.metric:<18}{numbers}  {where}")
    return "\n".join(lines)


class Check:
    """Every value of a file that can be checked, compared with ours.

    What the file allows is recomputed: sentence and corpus chrF and spBLEU from its texts, ADI2 and
    ADI2 macro from its probabilities, P(wanted country) and P(region) from all 18 probabilities,
    the rules by which a score is 0, and the means of its `_metrics.csv`. Whether what it calls chrF
    is chrF2 or chrF++ is told by which of the two its texts give.

    `values` has the columns `metric`, `place`, `ours`, `theirs`, `difference` (absolute, infinite
    where we have no value for a recorded one), its `tolerance`, and `severity`, the difference in
    its units; no rows where the file has no texts.
    """

    def __init__(self, file: RecordedFile, spbleu: SpBleu):
        self.name, self.rows, self.summary = file.name, file.rows, file.summary or {}
        self.chrf: dict[str, str] = {}  #: Of each column called chrF what it is: `chrF++`, say.
        self.odd_means: list[str] = []  #: Columns whose mean is not that of the file's own rows.
        self._found: list[pd.DataFrame] = []
        if self.rows is not None:
            flags = self.rows.reindex(columns=["is_arabic", "too_few_tokens"])
            self._is_few = flags["too_few_tokens"] == 1
            # What AL-QASIDA does not score but sets to 0.
            self._zeroed = (
                (flags["is_arabic"] == 0) | self._is_few | (not file.name.is_into_dialect)
            )
            self._ours = self._recompute(spbleu)
            self._check_sentences()
            self._check_zeros()
            self._check_means()
            self._check_corpus_scores(spbleu)
        found = self._found or [pd.DataFrame(columns=_COLUMNS)]
        self.values = pd.concat(found, ignore_index=True)
        difference = (self.values["ours"] - self.values["theirs"]).abs().fillna(np.inf)
        severity = (difference / self.values["tolerance"]).fillna(0.0)
        self.values = self.values.assign(difference=difference, severity=severity)

    def _recompute(self, spbleu: SpBleu) -> pd.DataFrame:
        """Return our sentence scores of the rows, a column for each that can be had."""
        rows, target = self.rows, self.name.target
        ours = pd.DataFrame(index=rows.index)
        for metric, probability in {"adi2": "p_country", "adi2_macro": "p_region"}.items():
            if {"aldi", probability} <= set(rows):
                ours[metric] = adi2(rows[probability], rows["aldi"])
        known = rows["countries"].notna() & ~self._zeroed
        if known.any() and target in VARIETIES:
            probabilities = {"p_country": country_probability, "p_region": macro_probability}
            for metric, of in probabilities.items():
                ours.loc[known, metric] = [of(row, target) for row in rows.loc[known, "countries"]]
        # Without a reference, or spBLEU's model, there is nothing to recompute.
        return ours.join(score_translations(rows, spbleu).dropna(axis=1, how="all"))

    def _nearest(self, column: str, ours: Mapping[str, Any], theirs: Any) -> str:
        """Return which of our metrics a column records, and note what a column called chrF is."""
        distances = {metric: np.max(np.abs(own - theirs)) for metric, own in ours.items()}
        if len(distances) > 1:
            fits = [METRICS[m][0] for m, far in distances.items() if not far > OVERLAP_TOLERANCE]
            self.chrf[column] = " and ".join(fits) or "neither chrF2 nor chrF++"
        return min(distances, key=distances.get)

    def _add(self, metric: str, places: Any, ours: Any, theirs: Any, tolerance: float) -> None:
        """Add values, numbers at some places or one number, and how far they may differ."""
        values = zip(_COLUMNS, (metric, places, ours, theirs, tolerance), strict=True)
        if len(places):
            self._found.append(pd.DataFrame(dict(values)))

    def _lines(self, chosen: pd.Series) -> pd.Series:
        return "line " + self.rows["line"][chosen].astype(str)

    def _check_sentences(self) -> None:
        rows, ours = self.rows, self._ours
        for known_as in (metric for metric in METRICS if metric in rows):
            if not (candidates := _candidates(known_as, ours)):
                continue
            metric = self._nearest("response_chrF", candidates, rows[known_as])
            known, (name, tolerance) = rows[known_as].notna(), METRICS[metric]
            if metric in ("p_country", "p_region"):
                # Recomputed only where all countries are recorded.
                known &= ours[metric].notna()
            own, theirs = ours[metric][known], rows[known_as][known]
            self._add(name, self._lines(known), own, theirs, tolerance)

    def _check_zeros(self) -> None:
        """Add 1 for each row that breaks the rules of zero as lahja knows them, 0 for the others.

        A row that they set to 0 must be recorded as 0, and in cross-lingual files the rows recorded
        as having too few tokens must be those that we find: AL-QASIDA looks at what goes before the
        next question, which base models invent.
        """
        rows, zeroed = self.rows, self._zeroed
        scores = rows.reindex(columns=["p_country", "aldi", "adi2", "adi2_macro"])
        broken = zeroed & (scores.fillna(0) != 0).any(axis=1)
        if self.name.task == "crosslingual" and "too_few_tokens" in rows:
            few = ~rows["response"].str.partition("\nQ:")[0].map(has_enough_words)
            broken |= few != self._is_few
            zeroed = zeroed | few
        self._add("zero-rules", self._lines(zeroed), broken[zeroed].astype(float), 0.0, 0.0)

    def _check_means(self) -> None:
        """Add the means of our sentence scores, or of the recorded scorers'.

        AL-QASIDA's means leave out answers with too few tokens, which only cross-lingual files
        have. A recorded mean that is not that of the recorded rows is no score of ours.
        """
        rows, ours = self.rows, self._ours
        for column, known_as in SCORE_COLUMNS.items():
            if column not in self.summary or known_as not in METRICS:
                continue
            is_overlap = known_as in CORPUS_COLUMNS.values()
            tolerance = OVERLAP_TOLERANCE if is_overlap else FIDELITY_TOLERANCE
            theirs = self.summary[column]
            recorded_mean = rows[known_as][~self._is_few].mean() if known_as in rows else np.nan
            if abs(recorded_mean - theirs) > tolerance:
                self.odd_means.append(column)
                continue
            known = {m: own for m, own in _candidates(known_as, ours).items() if own.notna().all()}
            known = known or {name: rows[name] for name in (known_as,) if name in rows}
            if known:
                means = {name: scores[~self._is_few].mean() for name, scores in known.items()}
                metric = self._nearest(column, means, theirs)
                self._add(f"mean-{METRICS[metric][0]}", [column], means[metric], theirs, tolerance)

    def _check_corpus_scores(self, spbleu: SpBleu) -> None:
        known = [column for column in CORPUS_COLUMNS if column in self.summary]
        ours = corpus_scores(self.rows, spbleu) if known else {}
        for column in known:
            # The summary's are on a scale of 0 to 1.
            theirs, known_as = 100 * self.summary[column], CORPUS_COLUMNS[column]
            if scores := _candidates(known_as, ours):
                metric = self._nearest(column, scores, theirs)
                name, tolerance = METRICS[metric]
                self._add(f"corpus-{name}", [column], scores[metric], theirs, tolerance)
            elif known_as == "chrf_plus_plus":
                self.chrf[column] = "chrF2 or chrF++, which no references tell"


def _candidates(known_as: str, ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return ours of a metric, of both that AL-QASIDA calls chrF, as far as we have them."""
    names = ("chrf", "chrf_plus_plus") if known_as == "chrf_plus_plus" else (known_as,)
    return {name: ours[name] for name in names if name in ours}
