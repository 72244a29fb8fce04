"""Bring the corpora together: decontaminate, split, remove duplicates, pair, count.

Training and evaluation never meet. A group of translations of which one text occurs in an
evaluation set, exactly or nearly, leaves training as a whole; the same holds between our own
test, validation and training splits.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from lahja.core.errors import LahjaError
from lahja.core.seeding import unit_draw
from lahja.core.tables import COUNTS, PARALLEL, REJECTS, SENTENCES
from lahja.core.varieties import NAMING_VARIETIES
from lahja.corpora.ingest import DUPLICATE
from lahja.corpora.near_duplicates import near_pairs, near_repeats
from lahja.corpora.text import comparison_key

# In order of protection: a text of one split is removed from all later ones.
SPLIT_ORDER = ("evaluation", "test", "validation", "train", "scorer")
NEAR_DUPLICATE = "near duplicate"
_REPEATS = (DUPLICATE, NEAR_DUPLICATE)


class Assembly(NamedTuple):
    """The assembled tables, in the schemas SENTENCES, PARALLEL, REJECTS and COUNTS."""

    sentences: pl.LazyFrame
    parallel: pl.DataFrame
    rejects: pl.DataFrame
    counts: pl.DataFrame


def assemble(
    corpora: pl.LazyFrame,
    rejects: pl.DataFrame,
    prompts: Mapping[str, Iterable[str]],
    *,
    roles: Mapping[str, str],
    near_duplicate_similarity: float,
    required_varieties: Iterable[str] = (),
    **shares: Any,
) -> Assembly:
    """Return the sentences and parallel pairs of all corpora, split and free of leaks.

    `corpora` is the table of all corpora's rows (schema CORPUS), `rejects` what their ingestion
    refused, `roles` says of each corpus whether it is for train, validation, evaluation or scorer,
    `shares` with the seed what `draw_splits` takes. A sentence that is refused as a duplicate is
    missing from the sentences only: with other translations it is still a pair of its own.
    `prompts` are the texts of ready evaluation prompts by their corpus, which training must not
    hold either. The similarity is that of `near_pairs`. Raises `LahjaError` where a required
    variety has no training sentence left.
    """
    ready = [(comparison_key(text), name) for name, texts in prompts.items() for text in texts]
    ready = pl.DataFrame(ready, {"key": pl.String, "corpus": pl.String}, orient="row")
    keys, numbers = _keys(corpora, ready)
    n_rows = len(numbers) - len(ready)
    facts = _with_splits(corpora, numbers[:n_rows], keys, roles, shares)
    ready = ready.with_columns(key=numbers[n_rows:])
    facts = _with_reasons(facts, ready, keys, near_duplicate_similarity)
    # The texts anew, and never all of them, now that it is known which rows stay.
    decided = facts.lazy().select("row", pl.col("split").cast(pl.String), "key", "reason")
    rows = corpora.drop("split").with_row_index("row")
    rows = rows.join(decided, on="row", how="left", maintain_order="left")
    is_kept, is_repeat = pl.col("reason").is_null(), pl.col("reason").is_in(_REPEATS)
    sentences = rows.filter(is_kept).select(SENTENCES.names)
    removed = rows.filter(~is_kept).collect(engine="streaming")
    # Of a group with one row there is no pair.
    pairable = facts.filter((is_kept | is_repeat) & (pl.len().over("group") > 1)).lazy()
    paired = rows.join(pairable.select("row"), on="row", how="semi", maintain_order="left")
    parallel = pair_sentences(paired.collect(engine="streaming"))
    counts = _count(facts, rejects, removed, parallel)
    _require(counts, required_varieties)
    refused = pl.concat([rejects, removed.select(REJECTS.names)])
    return Assembly(sentences, parallel, refused, counts)


def _keys(corpora: pl.LazyFrame, ready: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return the distinct comparison keys, sorted, and the number of each row's, then `ready`'s."""
    parts = [
        part["text"].map_elements(comparison_key, return_dtype=pl.String)
        for part in corpora.select("text").collect_batches()
    ]
    keys = pl.concat([*parts, ready["key"]])
    numbers = keys.rank("dense") - 1
    firsts = numbers.to_frame("key").with_row_index().unique("key").sort("key")["index"]
    return keys.gather(firsts), numbers


def _with_splits(
    corpora: pl.LazyFrame,
    numbers: pl.Series,
    keys: pl.Series,
    roles: Mapping[str, str],
    shares: Mapping[str, Any],
) -> pl.DataFrame:
    """Return what of each row decides whether it stays: `split` is its role's, else a drawn one."""
    group = pl.col("group_id").rank("dense").alias("group")
    names = pl.col("corpus", "variety").cast(pl.Categorical)
    facts = corpora.select(names, "split", group).collect().with_columns(numbers.alias("key"))
    role = pl.col("corpus").cast(pl.String).replace_strict(roles, return_dtype=pl.String)
    # A corpus of role `train` keeps splits of its own; of any role, its own evaluation split is
    # never trained on.
    keeps = (role == "train") | (pl.col("split") == "evaluation").fill_null(False)
    splits = facts.select(pl.when(keeps).then("split").otherwise(role).alias("split"))["split"]
    undrawn = splits.is_null().arg_true()
    drawn = draw_splits(facts[undrawn], keys=keys, **shares)
    splits = splits.scatter(undrawn, drawn).cast(pl.Enum(SPLIT_ORDER))
    return facts.with_columns(splits, rank=splits.to_physical()).with_row_index("row")


def draw_splits(
    frame: pl.DataFrame, seed: int, validation_share: float, test_share: float, keys: pl.Series
) -> pl.Series:
    """Return `train`, `validation` or `test` for each row, the same within a bound set of rows.

    Rows are bound by their `group` and by their `key`, the number of a comparison key among the
    sorted `keys`, across corpora. The draw depends on the seed and the set's first key, so it does
    not change when others come; keys of `NAMING_VARIETIES` go before others.
    """
    bound = pl.Series("bound", bind_rows(frame["group"], frame["key"]))
    is_naming = pl.col("variety").cast(pl.String).is_in(NAMING_VARIETIES)
    first = pl.coalesce(pl.col("key").filter(is_naming).min(), pl.col("key").min())
    names = frame.select("key", "variety", bound).group_by("bound").agg(first).sort("bound")
    draws = [unit_draw(seed, "split", name) for name in keys.gather(names["key"])]
    shares = [test_share, test_share + validation_share]
    places = np.searchsorted(shares, draws, side="right")
    return pl.Series("split", ["test", "validation", "train"]).gather(places[bound.to_numpy()])


def bind_rows(groups: pl.Series, keys: pl.Series) -> np.ndarray:
    """Return a number per row, equal for rows that a chain of equal groups or keys connects."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Groups and keys are the nodes, rows the edges.
    ranks = [values.rank("dense").cast(pl.Int32).to_numpy() - 1 for values in (groups, keys)]
    n_groups, n_keys = (rank.max(initial=-1) + 1 for rank in ranks)
    edges = (np.ones(len(groups), dtype=bool), (ranks[0], ranks[1] + n_groups))
    graph = coo_array(edges, shape=(n_groups + n_keys, n_groups + n_keys))
    return connected_components(graph, directed=False)[1][ranks[0]]


def _with_reasons(
    facts: pl.DataFrame, ready: pl.DataFrame, keys: pl.Series, similarity: float
) -> pl.DataFrame:
    """Return the facts with `reason`, why a row is refused, null where it is not.

    `ready` holds keys of evaluation prompts that no corpus has as a row, with their corpora.
    """
    # Near pairs of which one side, at least, is in another split than `train`.
    held_out = facts.filter(pl.col("rank") != SPLIT_ORDER.index("train"))["key"]
    held_out = pl.concat([held_out, ready["key"]]).unique().sort()
    pairs = near_pairs(keys, keys.gather(held_out), similarity)
    pairs = pairs.select(
        pl.col("key").cast(pl.UInt32), held_out.gather(pairs["other"]).alias("near"), "similarity"
    )
    turned = pairs.select("similarity", key="near", near="key").select(pairs.columns)
    near = pl.concat([pairs, turned]).unique()
    left, found = facts, [pl.DataFrame(schema={"row": facts["row"].dtype, "reason": pl.String})]
    for rank in range(len(SPLIT_ORDER) - 1):
        found.append(_find_leaks(left, rank, ready, near))
        left = left.join(found[-1], on="row", how="anti", maintain_order="left")
    left = left.filter(pl.col("rank") > 0).sort("rank", "row")
    for _, own in left.group_by("variety", maintain_order=True):
        found.append(_find_repeats(own, keys, similarity))
    return facts.join(pl.concat(found), on="row", how="left", maintain_order="left")


def _find_leaks(
    facts: pl.DataFrame, rank: int, ready: pl.DataFrame, near: pl.DataFrame
) -> pl.DataFrame:
    """Return `row` and `reason` of the rows that one split, the more protected one, forbids."""
    protected = facts.filter(pl.col("rank") == rank)
    exposed = facts.filter(pl.col("rank") > rank)
    owner = pl.col("corpus").cast(pl.String).alias("owner")
    owners = protected.select("key", owner)
    if SPLIT_ORDER[rank] == "evaluation":
        owners = pl.concat([owners, ready.select("key", owner)])
    owners = owners.unique("key", keep="first", maintain_order=True)
    # Of the near ones the most similar; of equally similar ones the last.
    closest = (
        near.join(owners, left_on="near", right_on="key")
        .sort("similarity", "near")
        .unique("key", keep="last")
    )
    found = exposed.select("row", "group", "key").join(owners, on="key", how="left")
    found = found.join(closest.select("key", closest="owner"), on="key", how="left").sort("row")
    leaks = found.select("group", owner=pl.coalesce("owner", "closest")).drop_nulls("owner")
    # A group with a leak goes as a whole, and so does one that straddles the splits.
    straddling = protected.select("group", owner)
    groups = pl.concat([leaks, straddling]).unique("group", keep="first", maintain_order=True)
    split = SPLIT_ORDER[rank]
    place = "evaluation set" if split == "evaluation" else f"{split} split of"
    reason = pl.format(f"in {place} {{}}", "owner")
    return exposed.join(groups, on="group").select("row", reason=reason)


def _find_repeats(own: pl.DataFrame, keys: pl.Series, similarity: float) -> pl.DataFrame:
    """Return `row` and `reason` of a variety's rows that repeat one before them.

    Evaluation sets, which stay as they are, are not among the rows.
    """
    firsts = own.filter(pl.col("key").is_first_distinct())["key"]
    near = firsts.filter(near_repeats(keys.gather(firsts), similarity))
    reason = (
        pl.when(pl.col("key").is_in(near.implode()))
        .then(pl.lit(NEAR_DUPLICATE))
        .when(~pl.col("key").is_first_distinct())
        .then(pl.lit(DUPLICATE))
    )
    return own.select("row", reason=reason).drop_nulls("reason")


def _count(
    facts: pl.DataFrame, rejects: pl.DataFrame, removed: pl.DataFrame, parallel: pl.DataFrame
) -> pl.DataFrame:
    unknown = pl.lit(None, pl.String)
    early = rejects.with_columns(variety=unknown, split=unknown)
    read, reason = pl.lit("read"), pl.col("reason")
    outcomes = [
        (facts, read), (early, read), (early, reason), (removed, reason),
        (facts.filter(reason.is_null()), pl.lit("kept")), (parallel, pl.lit("pairs")),
    ]  # fmt: skip
    names = COUNTS.names[:-1]
    counted = [
        part.group_by(*names[:-1], outcome=outcome)
        .agg(count=pl.len().cast(pl.Int64))
        .with_columns(pl.col(names[:-1]).cast(pl.String))
        for part, outcome in outcomes
    ]
    return pl.concat(counted).group_by(names).sum().sort(names, nulls_last=True)


def _require(counts: pl.DataFrame, varieties: Iterable[str]) -> None:
    trained = counts.filter(outcome="kept", split="train")["variety"]
    for variety in (code for code in varieties if code not in trained):
        own = counts.filter(~pl.col("outcome").is_in(("read", "kept", "pairs")), variety=variety)
        refused = own.group_by("outcome").agg(pl.col("count").sum()).sort(-pl.col("count")).head(3)
        why = ", ".join(f"{n} {reason}" for reason, n in refused.rows()) or "no corpus has any"
        raise LahjaError(f"no training sentence of {variety} is left: {why}")


def pair_sentences(sentences: pl.DataFrame) -> pl.DataFrame:
    """Return one row per dialect sentence that has an MSA or English side (schema `PARALLEL`).

    An MSA sentence with an English side is a row too, its `msa` the sentence itself. Where a
    group has several references they make a row each in evaluation, else the first one alone; the
    side with fewer references repeats its first. `sentences` has the columns of `CORPUS` and
    `key`, the comparison key; outside evaluation, rows equal in all three keys are one.
    """
    is_msa, is_evaluation = pl.col("variety") == "msa", pl.col("split") == "evaluation"
    n_msa, n_eng = ((pl.col("variety") == c).sum().over("group_id") for c in ("msa", "eng"))
    n_msa = pl.when(is_msa).then(n_eng.clip(0, 1)).otherwise(n_msa)
    rows = sentences.with_columns(n_eng=n_eng, n_msa=n_msa)
    n_rows = pl.max_horizontal("n_msa", "n_eng")
    rows = rows.filter((pl.col("variety") != "eng") & (n_rows > 0))
    numbers = pl.int_ranges(0, pl.when(is_evaluation).then(n_rows).otherwise(1))
    rows = rows.with_columns(number=numbers).explode("number")
    for side in ("msa", "eng"):
        own = sentences.filter(pl.col("variety") == side)
        references = own.select(
            "group_id",
            pl.int_range(pl.len()).over("group_id").alias("place"),
            pl.col("text").alias(side),
            pl.col("key").alias(f"{side}_key"),
        )
        has_it = pl.col("number") < pl.col(f"n_{side}")
        rows = rows.with_columns(place=pl.when(has_it).then("number").otherwise(0))
        rows = rows.join(references, on=["group_id", "place"], how="left", maintain_order="left")
    rows = rows.with_columns(
        pl.when(is_msa).then(name).otherwise(column).alias(column)
        for column, name in (("msa", "text"), ("msa_key", "key"))
    )
    is_repeat = ~pl.struct("split", "variety", "key", "msa_key", "eng_key").is_first_distinct()
    suffix = pl.when(pl.col("number") > 0).then(pl.format(":{}", pl.col("number") + 1))
    origins = (
        pl.when(pl.col(side).is_not_null()).then(pl.lit("corpus")).alias(f"{side}_origin")
        for side in ("msa", "eng")
    )
    pair_id = pl.concat_str("sentence_id", suffix.otherwise(pl.lit(""))).alias("pair_id")
    rows = rows.filter(is_evaluation | ~is_repeat)
    return rows.select(pair_id, *PARALLEL.names[1:8], *origins)
