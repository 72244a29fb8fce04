"""Find texts that are nearly equal: all of them, in time that grows with the number of texts.

Two comparison keys are near-duplicates when the Jaccard similarity of their sets of character
trigrams reaches a threshold. Two sets that differ by d trigrams agree wholly on one of d + 1 parts
of all trigrams (PartEnum: Arasu et al., VLDB 2006). Keys with the same digest of a part are
compared by their sets, so no pair is missed and nothing is drawn.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

# Keys whose trigrams are worked on at once, in a processor's cache, and keys that are looked up at
# once.
_CHUNK = 1 << 13
_LOOKED_UP = 1 << 18
# Bits of a character and of a trigram: characters beyond U+3FFF, of no Arabic or Latin word, may
# be taken for others.
_CHARACTER = np.uint64(14)
_TRIGRAM = np.uint64(42)
_TRIGRAM_MASK = np.uint64((1 << 42) - 1)
_ODD = np.uint64(0x9E3779B97F4A7C15)


class _Sets(NamedTuple):
    """The sets of trigrams of some keys: each key's size and sketch, and digests of parts."""

    sizes: np.ndarray
    sketches: np.ndarray
    """64 parities of trigrams: sketches differ in no more bits than the sets in trigrams."""
    digests: np.ndarray
    rows: np.ndarray
    """Position of the key of each digest."""


def near_pairs(keys: pl.Series, others: pl.Series, threshold: float) -> pl.DataFrame:
    """Return the pairs of different keys at or above the threshold: `key`, `other`, `similarity`.

    The first two are positions in `keys` and `others`. A threshold of 1 finds none.
    """
    if threshold >= 1:
        keys = keys.clear()
    known = _all_sets(others, threshold)
    table = pl.DataFrame({"digest": known.digests, "other": known.rows})
    found = []
    for start in range(0, max(len(keys), 1), _LOOKED_UP):
        part = keys[start : start + _LOOKED_UP]
        sets = _all_sets(part, threshold)
        due = pl.DataFrame({"digest": sets.digests, "key": sets.rows}).join(table, on="digest")
        pairs = due.select("key", "other").unique(maintain_order=True)
        places = pairs["key"].to_numpy(), pairs["other"].to_numpy()
        pairs = pairs.filter(_may_be_near(sets, known, *places, threshold))
        left, right = part[pairs["key"]], others[pairs["other"]]
        pairs = pairs.with_columns(pl.col("key") + start, similarity=_similarity(left, right))
        found.append(pairs.filter((left != right) & (pl.col("similarity") >= threshold)))
    return pl.concat(found)


def near_repeats(keys: pl.Series, threshold: float) -> np.ndarray:
    """Return of each key whether it is near an earlier one that is itself no near-duplicate.

    The keys are distinct. A threshold of 1 finds none.
    """
    is_repeat = np.zeros(len(keys), dtype=bool)
    if threshold >= 1:
        return is_repeat
    bits = np.uint64(len(keys).bit_length())
    entries, sizes, sketches = [], [], []
    for part in _sets(keys, threshold):
        # A digest above, the key's position below: sorted, keys of a digest are together in order.
        entries.append(part.digests >> bits << bits | part.rows.astype(np.uint64))
        sizes.append(part.sizes)
        sketches.append(part.sketches)
    entries = np.sort(np.concatenate(entries))
    known = _Sets(np.concatenate(sizes), np.concatenate(sketches), entries, entries)
    while True:
        starts = _changes(entries >> bits)
        is_shared = ~(starts & np.append(starts[1:], True))
        entries, starts = entries[is_shared], starts[is_shared]
        if not len(entries):
            return is_repeat
        rows = (entries & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
        firsts = rows[starts][np.cumsum(starts) - 1]
        # A key that shares no digest with an earlier one stays; what is near it goes.
        stays = np.ones(len(keys), dtype=bool)
        stays[rows[~starts]] = False
        is_due = stays[firsts] & ~starts
        left, right = firsts[is_due], rows[is_due]
        is_near = _may_be_near(known, known, left, right, threshold)
        left, right = left[is_near], right[is_near]
        is_repeat[right[_similarity(keys[left], keys[right]) >= threshold]] = True
        entries = entries[~(stays | is_repeat)[rows]]


def _sets(keys: pl.Series, threshold: float) -> Iterator[_Sets]:
    """Yield the sets of keys, chunk by chunk.

    A set is cut for the sizes of its own class and for those of the next larger one.
    """
    for start in range(0, max(len(keys), 1), _CHUNK):
        entries, sizes = _trigram_sets(keys[start : start + _CHUNK])
        rows, trigrams = (entries >> _TRIGRAM).astype(np.int64), entries & _TRIGRAM_MASK
        sketches = np.zeros(len(sizes), dtype=np.uint64)
        begins = np.flatnonzero(_changes(rows))
        parities = np.uint64(1) << (trigrams & np.uint64(63))
        sketches[rows[begins]] = np.bitwise_xor.reduceat(parities, begins)
        classes, n_parts = _size_classes(int(sizes.max(initial=0)), threshold)
        cuts = (classes[sizes], classes[sizes] + 1)
        found = [_digests_of_parts(rows, trigrams, cut, n_parts[cut]) for cut in cuts]
        digests, owners = map(np.concatenate, zip(*found, strict=True))
        yield _Sets(sizes, sketches, digests, owners + start)


def _all_sets(keys: pl.Series, threshold: float) -> _Sets:
    return _Sets(*map(np.concatenate, zip(*_sets(keys, threshold), strict=True)))


def _size_classes(largest: int, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each size of a set, and of each class into how many parts it is cut.

    Sets whose sizes allow the threshold are of one class or of two neighbouring ones.
    """
    bounds = [0, 1]
    while bounds[-2] <= largest:
        bounds.append(int(bounds[-1] / threshold + 1e-9) + 1)
    classes = np.searchsorted(bounds, np.arange(largest + 1), side="right") - 1
    return classes, _max_difference(2 * (np.array(bounds[1:]) - 1), threshold) + 1


def _max_difference(sizes: np.ndarray, threshold: float) -> np.ndarray:
    """Return by how many trigrams two sets at the threshold may differ, by the sum of sizes."""
    return (sizes * (1 - threshold) / (1 + threshold) + 1e-9).astype(np.int64)


def _digests_of_parts(
    rows: np.ndarray, trigrams: np.ndarray, cut: np.ndarray, n_parts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the digests of the parts that each row is cut into, and the row of each.

    `cut` is of each row the class, `n_parts` the number of its parts. Sets that lack the same part
    agree on it too: it has a digest as any other.
    """
    ends = np.cumsum(n_parts)
    owners = np.repeat(np.arange(len(cut)), n_parts)
    # Trigrams are in the order of their scrambled bits, and so of their parts.
    parts = (trigrams * n_parts[rows].astype(np.uint64) >> _TRIGRAM).astype(np.int64)
    places = (ends - n_parts)[rows] + parts
    begins = np.flatnonzero(_changes(places))
    contents = np.zeros(len(owners), dtype=np.uint64)
    contents[places[begins]] = np.add.reduceat(_scrambled(trigrams), begins)
    names = cut[owners] << 32 | np.arange(len(owners)) - (ends - n_parts)[owners]
    return _scrambled(contents ^ _scrambled(names.astype(np.uint64))), owners


def _trigram_sets(keys: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the trigrams of keys, row and scrambled trigram in one number, and their counts.

    They are sorted and each is once in its row; a key's edges are marked by spaces.
    """
    text = "\n".join(f" {key} " for key in keys.to_list()).encode("utf-32-le")
    codes = np.frombuffer(text, dtype=np.uint32).astype(np.uint64)
    is_break = codes == ord("\n")
    rows = np.cumsum(is_break, dtype=np.uint64)[1:-1]
    within = ~(is_break[:-2] | is_break[1:-1] | is_break[2:])
    trigrams = (codes[:-2] << _CHARACTER ^ codes[1:-1]) << _CHARACTER ^ codes[2:]
    for _ in range(2):
        trigrams = trigrams * _ODD & _TRIGRAM_MASK
        trigrams ^= trigrams >> np.uint64(21)
    entries = (rows << _TRIGRAM | trigrams)[within]
    # Rows are in order already, which the stable sort is fast on.
    entries.sort(kind="stable")
    entries = entries[_changes(entries)]
    return entries, np.bincount((entries >> _TRIGRAM).astype(np.int64), minlength=len(keys))


def _may_be_near(
    left: _Sets, right: _Sets, i: np.ndarray, j: np.ndarray, threshold: float
) -> np.ndarray:
    differing = np.bitwise_count(left.sketches[i] ^ right.sketches[j])
    return differing <= _max_difference(left.sizes[i] + right.sizes[j], threshold)


def _similarity(left: pl.Series, right: pl.Series) -> np.ndarray:
    """Return the Jaccard similarity of the trigrams of each two keys of two columns."""
    values = [np.zeros(0)]
    for start in range(0, len(left), _CHUNK):
        part = slice(start, start + _CHUNK)
        (one, n_one), (other, n_other) = _trigram_sets(left[part]), _trigram_sets(right[part])
        both = np.concatenate([one, other])
        both.sort(kind="stable")
        shared = (both[~_changes(both)] >> _TRIGRAM).astype(np.int64)
        n_shared = np.bincount(shared, minlength=len(n_one))
        values.append(n_shared / (n_one + n_other - n_shared))
    return np.concatenate(values)


def _changes(values: np.ndarray) -> np.ndarray:
    """Return where a value differs from the one before it; the first one does."""
    return np.append(True, values[1:] != values[:-1]) if len(values) else np.zeros(0, dtype=bool)


def _scrambled(values: np.ndarray) -> np.ndarray:
    values = values * _ODD
    return (values ^ values >> np.uint64(32)) * _ODD
