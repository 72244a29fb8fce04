"""Find texts that are the same, or nearly so.

Two texts are near-duplicates when the Jaccard similarity of the sets of character trigrams of
their comparison keys reaches a threshold. MinHash with locality-sensitive hashing proposes the
candidates; the similarity itself decides.
"""

import zlib
from collections.abc import Iterable

from lahja.data.text import comparison_key

_N_PERMUTATIONS = 128
_SHINGLE = 3
# The share of pairs just at the threshold that hashing may overlook.
_MISS_RATE = 0.005


def shingles(key: str) -> frozenset[str]:
    """Return the character trigrams of a comparison key, its edges marked by spaces."""
    padded = f" {key} "
    return frozenset(padded[i : i + _SHINGLE] for i in range(len(padded) - _SHINGLE + 1))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the size of the intersection of two sets over that of their union."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


class Signatures:
    """MinHash signatures of keys, each computed once however many indexes ask for it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._known: dict[str, object] = {}

    def prepare(self, keys: Iterable[str]) -> None:
        """Compute the signatures of many keys in one go, which is much faster than singly."""
        from datasketch import MinHash

        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        sets = ([s.encode() for s in shingles(key)] for key in new)
        # A checksum spreads trigrams well enough, in a fifth of the default SHA-1's time.
        hashes = MinHash.generator(
            sets, num_perm=_N_PERMUTATIONS, seed=self.seed, hashfunc=zlib.crc32
        )
        self._known.update(zip(new, hashes, strict=True))

    def __getitem__(self, key: str) -> object:
        if key not in self._known:
            self.prepare([key])
        return self._known[key]


class DuplicateIndex:
    """A growing set of comparison keys that can be asked for an equal or a near-equal one.

    `threshold` is the Jaccard similarity from which keys count as near-duplicates; None looks
    for equal keys only.
    """

    def __init__(self, threshold: float | None, signatures: Signatures) -> None:
        self._threshold = threshold
        self._signatures = signatures
        self._owners: dict[str, str] = {}
        self._lsh = None if threshold is None else _hash_tables(threshold)

    def add(self, key: str, owner: str) -> None:
        """Add a key; `owner` is what `find` answers for it. The first owner of a key stays."""
        if key in self._owners:
            return
        self._owners[key] = owner
        if self._lsh is not None:
            self._lsh.insert(key, self._signatures[key], check_duplication=False)

    def find_equal(self, key: str) -> str | None:
        """Return the owner of the same key, or None."""
        return self._owners.get(key)

    def find_near(self, key: str) -> str | None:
        """Return the owner of the most similar key at or above the threshold, or None."""
        similar = self._similar(key)
        return self._owners[max(similar)[1]] if similar else None

    def find_all_near(self, key: str) -> list[str]:
        """Return the owners of all keys at or above the threshold."""
        return [self._owners[candidate] for _, candidate in self._similar(key)]

    def _similar(self, key: str) -> list[tuple[float, str]]:
        if self._lsh is None or not self._owners:
            return []
        own = shingles(key)
        candidates = self._lsh.query(self._signatures[key])
        similar = ((jaccard(own, shingles(candidate)), candidate) for candidate in candidates)
        return [(value, candidate) for value, candidate in similar if value >= self._threshold]


class EvaluationIndex:
    """The texts of evaluation sets, which training must not hold, exactly or nearly."""

    def __init__(
        self, sets: Iterable[tuple[str, str]], threshold: float | None, signatures: Signatures
    ) -> None:
        """Index pairs of a comparison key and the name of its evaluation set."""
        self._index = DuplicateIndex(threshold, signatures)
        for key, name in sets:
            self._index.add(key, name)

    @classmethod
    def of_texts(
        cls, texts: Iterable[str], name: str, threshold: float | None, seed: int
    ) -> "EvaluationIndex":
        """Return the index of one evaluation set's texts."""
        keys = [comparison_key(text) for text in texts]
        signatures = Signatures(seed)
        if threshold is not None:
            signatures.prepare(keys)
        return cls(((key, name) for key in keys), threshold, signatures)

    def find_key(self, key: str) -> str | None:
        """Return the name of the evaluation set that holds this comparison key, or None."""
        return self._index.find_equal(key) or self._index.find_near(key)

    def contains(self, text: str) -> bool:
        """Return whether an evaluation set holds this text or nearly so."""
        return self.find_key(comparison_key(text)) is not None


def _hash_tables(threshold: float):
    from datasketch import MinHashLSH

    bands, rows = _bands_and_rows(threshold)
    return MinHashLSH(threshold=threshold, num_perm=_N_PERMUTATIONS, params=(bands, rows))


def _bands_and_rows(threshold: float) -> tuple[int, int]:
    # A pair of similarity s shares a band with probability 1 - (1 - s^rows)^bands: take the most
    # rows, and so the fewest false candidates, that keep the miss rate at the threshold.
    for rows in range(_N_PERMUTATIONS // 2, 1, -1):
        bands = _N_PERMUTATIONS // rows
        if (1 - threshold**rows) ** bands <= _MISS_RATE:
            return bands, rows
    return _N_PERMUTATIONS, 1
