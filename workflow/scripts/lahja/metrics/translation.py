"""chrF, chrF++ and spBLEU with sacreBLEU's numbers, from statistics that can be summed.

A corpus score is a function of counts summed over sentences. Keeping the counts of each
sentence lets the bootstrap resample corpus scores without reading a text twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lahja.files import digest_of_file

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
    if not len(hypotheses):
        return np.zeros((0, 3 * (CHARACTER_ORDER + WORD_ORDER)))
    metric = _chrf(WORD_ORDER)
    rows = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.asarray(rows, dtype=float)


def pairwise_chrf_statistics(texts: Sequence[str]) -> np.ndarray:
    """Return `chrf_statistics` of each text (axis 0) against each other one as its reference.

    Shape (texts, texts, 24). Every text is cut into n-grams once, not once a pair.
    """
    metric = _chrf(WORD_ORDER)
    # One counter of n-grams per order and text.
    grams = [metric._extract_reference_info([text])["ref_ngrams"][0] for text in texts]
    columns = []
    for order in range(CHARACTER_ORDER + WORD_ORDER):
        counts = _count_matrix([found[order] for found in grams])
        lengths = counts.sum(axis=1)
        matches = np.minimum(counts[:, None], counts[None, :]).sum(axis=2)
        hypothesis, reference = np.broadcast_arrays(lengths[:, None], lengths[None, :])
        # As sacreBLEU: a hypothesis has no n-grams of an order that the reference lacks.
        columns += [np.where(reference > 0, hypothesis, 0), reference, matches]
    return np.stack(columns, axis=-1)


def _count_matrix(counters: Sequence[Counter[str]]) -> np.ndarray:
    """Return counts of shape (texts, distinct n-grams)."""
    place = {gram: n for n, gram in enumerate(dict.fromkeys(g for c in counters for g in c))}
    counts = np.zeros((len(counters), len(place)))
    for row, counter in enumerate(counters):
        counts[row, [place[gram] for gram in counter]] = [*counter.values()]
    return counts


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
        if not len(hypotheses):
            return np.zeros((0, 2 + 2 * _BLEU_ORDER))
        rows = self.metric._extract_corpus_statistics(list(hypotheses), [list(references)])
        return np.asarray(rows, dtype=float)


def load_spbleu(
    model: Path | None, download: bool = False, sha256: str = FLORES200_SHA256
) -> SpBleu:
    """Return spBLEU with the SentencePiece file at `model`, whose SHA-256 must be `sha256`.

    Where there is no such file it is missing with a reason, never 0. With `download`, sacreBLEU
    fetches its own copy where no path is given.
    """
    if model is None and download:
        return _downloaded_spbleu()
    if model is None:
        return SpBleu(None, "no SentencePiece model is configured for spBLEU")
    if not model.is_file():
        return SpBleu(None, f"the SentencePiece model {model} does not exist")
    if (found := digest_of_file(model)) != sha256:
        return SpBleu(None, f"the SHA-256 of {model} is {found}, expected {sha256}")
    return SpBleu(_bleu(model))


def _downloaded_spbleu() -> SpBleu:
    from sacrebleu.metrics import BLEU

    try:
        return SpBleu(BLEU(tokenize="flores200"))
    except Exception as error:  # sacreBLEU passes on whatever the network library raises
        return SpBleu(None, f"sacreBLEU could not fetch its SentencePiece model ({error})")


def _bleu(model: Path) -> Any:
    import sentencepiece
    from sacrebleu.metrics import BLEU

    # sacreBLEU's own tokenizer reads only from its cache folder and downloads otherwise.
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    metric = BLEU(tokenize="none", force=True)
    metric.tokenizer = lru_cache(maxsize=2**16)(
        lambda line: " ".join(pieces.encode(line, out_type=str))
    )
    metric.tokenizer_signature = "flores200"
    return metric


def bleu(statistics: np.ndarray, effective_order: bool = False) -> np.ndarray:
    """Return BLEU (0 to 100) of each row of (summed) statistics, exponential smoothing.

    Sentence scores use the effective order, as sacreBLEU does: orders longer than the sentence
    do not count.
    """
    lengths, counts = statistics[..., :2], statistics[..., 2:]
    match, total = counts[..., :_BLEU_ORDER], counts[..., _BLEU_ORDER:]
    smoothing = 2.0 ** np.cumsum((match == 0) & (total > 0), axis=-1)
    smoothed = np.where(match == 0, 1 / smoothing, match)
    precision = _ratio(smoothed, total, total > 0)
    with np.errstate(divide="ignore"):
        logarithms = np.log(precision)
    if effective_order:
        logarithms = np.where(total > 0, logarithms, 0.0)
        orders = np.maximum((total > 0).sum(axis=-1), 1)
    else:
        orders = _BLEU_ORDER
    mean = logarithms.sum(axis=-1) / orders
    score = 100 * _brevity_penalty(lengths[..., 0], lengths[..., 1]) * np.exp(mean)
    return np.where(match.any(axis=-1), score, 0.0)


def _brevity_penalty(hypothesis: np.ndarray, reference: np.ndarray) -> np.ndarray:
    ratio = _ratio(reference, hypothesis, hypothesis > 0)
    penalty = np.where(ratio > 1, np.exp(1 - ratio), 1.0)
    return np.where(hypothesis > 0, penalty, 0.0)
