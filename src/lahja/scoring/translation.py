"""chrF, chrF++ and spBLEU with sacreBLEU's numbers, from statistics that can be summed.

A corpus score is a function of counts summed over sentences. Keeping the counts of each
sentence lets the bootstrap resample corpus scores without reading a text twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lahja.core.files import digest_of_file

CHARACTER_ORDER = 6
WORD_ORDER = 2
BETA = 2
# chrF++ counts character n-grams first: chrF reads the same statistics, less the last columns.
_CHRF_COLUMNS = 3 * CHARACTER_ORDER
_BLEU_ORDER = 4

FLORES200_SHA256 = "14bb8dfb35c0ffdea7bc01e56cea38b9e3d5efcdcb9c251d6b40538e1aab555a"


def chrf_statistics(hypotheses: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """Return hypothesis, reference and match counts per n-gram order, shape (sentences, 24).

    Orders are characters 1 to 6, then words 1 and 2 (sacreBLEU's CHRF with word order 2).
    """
    rows = _chrf(WORD_ORDER)._extract_corpus_statistics([*hypotheses], [[*references]])
    return np.asarray(rows, dtype=float).reshape(-1, 3 * (CHARACTER_ORDER + WORD_ORDER))


def pairwise_chrf_statistics(texts: Sequence[str]) -> np.ndarray:
    """Return `chrf_statistics` of each text (axis 0) against each other one as its reference.

    Shape (texts, texts, 24). Every text is cut into n-grams once, not once a pair.
    """
    words = [_chrf(WORD_ORDER)._remove_punctuation(text) for text in texts]
    characters = ["".join(text.split()) for text in texts]
    columns = []
    for counts in (*_gram_counts(characters, CHARACTER_ORDER), *_gram_counts(words, WORD_ORDER)):
        lengths = counts.sum(axis=1)
        hypothesis, reference = np.broadcast_arrays(lengths[:, None], lengths[None, :])
        # As sacreBLEU: a hypothesis has no n-grams of an order that the reference lacks.
        matches = [np.minimum(row, counts).sum(axis=1) for row in counts]
        columns += [np.where(reference > 0, hypothesis, 0), reference, matches]
    return np.stack(columns, axis=-1).astype(float)


def _gram_counts(texts: Sequence[Sequence[str]], max_order: int) -> Iterator[np.ndarray]:
    """Yield counts of each order's n-grams of units, shape (texts, distinct n-grams)."""
    units = [unit for text in texts for unit in text]
    place = {unit: number for number, unit in enumerate(dict.fromkeys(units))}
    ids = np.array([place[unit] for unit in units], dtype=int)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    grams = ids
    for order in range(1, max_order + 1):
        if order > 1:
            longer = grams[:-1] * len(place) + ids[order - 1 :]
            grams = np.unique(longer, return_inverse=True)[1]
        # An n-gram ends in the text that it begins in.
        whole = owner[: len(grams)] == owner[order - 1 :]
        width = int(grams.max(initial=-1)) + 1
        cells = owner[: len(grams)][whole] * width + grams[whole]
        yield np.bincount(cells, minlength=len(texts) * width).reshape(len(texts), width)


def chrf(statistics: np.ndarray) -> np.ndarray:
    """Return chrF (0 to 100) of each row of (summed) `chrf_statistics`."""
    return _f_score(statistics[..., :_CHRF_COLUMNS])


def chrf_plus_plus(statistics: np.ndarray) -> np.ndarray:
    """Return chrF++ (0 to 100) of each row of (summed) `chrf_statistics`."""
    return _f_score(statistics)


def _f_score(statistics: np.ndarray) -> np.ndarray:
    # sacreBLEU's effective order: orders without n-grams on either side do not count.
    counts = statistics.reshape(*statistics.shape[:-1], statistics.shape[-1] // 3, 3)
    hypothesis, reference, match = counts[..., 0], counts[..., 1], counts[..., 2]
    counted = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(counted.sum(axis=-1), 1)
    precision = _ratio(match, hypothesis, counted).sum(axis=-1) / orders
    recall = _ratio(match, reference, counted).sum(axis=-1) / orders
    denominator = BETA**2 * precision + recall
    return 100 * _ratio((1 + BETA**2) * precision * recall, denominator, denominator > 0)


def _ratio(numerator: np.ndarray, denominator: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.zeros(where.shape), where=where)


def agreement(texts: Sequence[str], log_votes: np.ndarray | float = 0.0) -> np.ndarray:
    """Return each text's mean chrF++ (0 to 100) with the other texts as references.

    A text that was drawn twice agrees with its equal. Alone, a text agrees with nobody: 0. Where
    `log_votes` differ, all texts are references, the text itself too, and count by exp(vote). It is
    what minimum Bayes risk chooses by (Kumar and Byrne 2004).
    """
    distinct = list(dict.fromkeys(texts))
    if len(texts) < 2:
        return np.zeros(len(texts))
    scores = chrf_plus_plus(pairwise_chrf_statistics(distinct))
    place = {text: n for n, text in enumerate(distinct)}
    rows = np.array([place[text] for text in texts])
    if np.ptp(log_votes) == 0:
        drawn = np.bincount(rows, minlength=len(distinct))
        mean = (scores @ drawn - scores.diagonal()) / (len(texts) - 1)
        return mean[rows]
    votes = np.exp(log_votes - np.max(log_votes))
    return (scores[np.ix_(rows, rows)] @ votes) / votes.sum()


def chrf_signature(word_order: int) -> str:
    """Return sacreBLEU's signature of chrF (word order 0) or chrF++ (2)."""
    metric = _chrf(word_order)
    metric.num_refs = 1
    return str(metric.get_signature())


def _chrf(word_order: int) -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF(char_order=CHARACTER_ORDER, word_order=word_order, beta=BETA)


@dataclass(frozen=True)
class SpBleu:
    """spBLEU with the FLORES-200 SentencePiece model, or the reason why it cannot be had."""

    metric: Any | None
    reason: str | None = None

    @property
    def signature(self) -> str | None:
        """sacreBLEU's signature, None where spBLEU is missing."""
        if self.metric is None:
            return None
        self.metric.num_refs = 1
        return str(self.metric.get_signature())

    def statistics(self, hypotheses: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Return lengths, matches and totals per n-gram order, shape (sentences, 10)."""
        rows = self.metric._extract_corpus_statistics([*hypotheses], [[*references]])
        return np.asarray(rows, dtype=float).reshape(-1, 2 + 2 * _BLEU_ORDER)


def load_spbleu(
    model: Path | None, download: bool = False, sha256: str = FLORES200_SHA256
) -> SpBleu:
    """Return spBLEU with the SentencePiece file at `model`, whose SHA-256 must be `sha256`.

    Where there is no such file it is missing with a reason, never 0. With `download`, sacreBLEU
    fetches its own copy where no path is given.
    """
    from sacrebleu.metrics import BLEU

    if model is None and download:
        try:
            return SpBleu(BLEU(tokenize="flores200"))
        except Exception as error:  # sacreBLEU passes on whatever the network library raises
            return SpBleu(None, f"sacreBLEU could not fetch its SentencePiece model ({error})")
    if model is None:
        return SpBleu(None, "no SentencePiece model is configured for spBLEU")
    if not model.is_file():
        return SpBleu(None, f"the SentencePiece model {model} does not exist")
    if (found := digest_of_file(model)) != sha256:
        return SpBleu(None, f"the SHA-256 of {model} is {found}, expected {sha256}")
    import sentencepiece

    # sacreBLEU's own tokenizer reads only from its cache folder and downloads otherwise.
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    metric = BLEU(tokenize="none", force=True)
    metric.tokenizer = lru_cache(2**16)(lambda line: " ".join(pieces.encode(line, out_type=str)))
    metric.tokenizer_signature = "flores200"
    return SpBleu(metric)


def bleu(statistics: np.ndarray, effective_order: bool = False) -> np.ndarray:
    """Return BLEU (0 to 100) of each row of (summed) statistics, exponential smoothing.

    Sentence scores use the effective order, as sacreBLEU does: longer orders do not count.
    """
    lengths, counts = statistics[..., :2], statistics[..., 2:]
    match, total = counts[..., :_BLEU_ORDER], counts[..., _BLEU_ORDER:]
    smoothing = 2.0 ** np.cumsum((match == 0) & (total > 0), axis=-1)
    smoothed = np.where(match == 0, 1 / smoothing, match)
    with np.errstate(divide="ignore"):
        logarithms = np.log(_ratio(smoothed, total, total > 0))
    counted = (total > 0) | (not effective_order)
    orders = np.maximum(counted.sum(axis=-1), 1)
    mean = np.where(counted, logarithms, 0.0).sum(axis=-1) / orders
    hypothesis, reference = lengths[..., 0], lengths[..., 1]
    brevity = np.exp(np.minimum(1 - _ratio(reference, hypothesis, hypothesis > 0), 0))
    # Where nothing matches, as of an empty hypothesis, the score is 0 without smoothing.
    return np.where(match.any(axis=-1), 100 * brevity * np.exp(mean), 0.0)
