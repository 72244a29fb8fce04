"""The workflow's tables: their schemas, and how they are read and written.

Every artifact that is a table is Parquet with one of these schemas; a column that is lacking or of
another type is refused by name. A schema carries a version, which its files keep in their metadata:
raise it where a column comes to mean something else, as no reader would notice.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path
from lahja.core.parquet import check_parquet, parquet_writer, read_parquet

if TYPE_CHECKING:
    import polars as pl

_TYPES = {
    "text": pa.string(), "int": pa.int64(), "real": pa.float64(), "flag": pa.bool_(),
    "texts": pa.list_(pa.string()), "reals": pa.list_(pa.float64()),
}  # fmt: skip
# Tables of runs from before there were versions are of the first.
_VERSION, _FIRST = b"lahja.version", b"1"


def _schema(columns: str, version: int = 1) -> pa.Schema:
    """Return the schema of columns in their order, each a name or `name:type`; others are text."""
    pairs = (column.partition(":") for column in columns.split())
    fields = [pa.field(name, _TYPES[kind or "text"]) for name, _, kind in pairs]
    return pa.schema(fields, metadata={_VERSION: str(version)})


# One corpus after its reader: one text per row; `group_id` binds translations of one sentence.
CORPUS = _schema(
    "sentence_id group_id corpus variety text split n_words:int aldi:real file line:int"
)
REJECTS = _schema("corpus file line:int reason text")
# `outcome` is read, kept, pairs, or a reason of rejection; variety and split are null where a row
# was refused before they were known.
COUNTS = _schema("corpus variety split outcome count:int")
SENTENCES = CORPUS
# One dialect (or MSA) sentence with the MSA and English sides that are known, null where not;
# origin is "corpus" or "nllb".
PARALLEL = _schema("pair_id group_id corpus split variety text msa eng msa_origin eng_origin")
# Texts and what a teacher of small scorers said of them, null where it said nothing: the published
# scorers (teacher "recorded") or a corpus's own column of dialectness ("given"). `variety` is what
# was asked for; `countries` in the order of NADI_COUNTRIES.
TEACHER_SCORES = _schema(
    "corpus teacher group_id variety text split is_arabic:flag aldi:real p_country:real "
    "p_region:real countries:reals file line:int"
)
DIALECTNESS = _schema("sentence_id aldi:real")
SAMPLES = _schema("sentence_id group_id corpus variety text n_words:int aldi:real kind")

# What `train_sft` learns from: the loss is on the completion only.
EXAMPLES = _schema("example_id kind variety prompt completion")
# Labelled sentences for the dialect classifier and for its test.
LABELLED_SENTENCES = _schema("sentence_id corpus variety text")
# One classifier's answer on each test sentence; `probabilities` in the order of `options`.
PREDICTIONS = _schema("sentence_id variety predicted options:texts probabilities:reals")

PROMPTS = _schema("prompt_id dialect kind source_variety source reference sentence_id prompt")
# Responses to PROMPTS, or without a dialect to EVALUATION_PROMPTS. Of a model that is sampled,
# `sample` counts from 0; elsewhere it is null.
GENERATIONS = _schema("prompt_id dialect generator sample:int response finish_reason n_tokens:int")
# Of samples whose votes in MBR are weighed: the mean log-probability of the tokens that the model
# drew, the end of its turn included, without temperature, nucleus or penalties.
WEIGHED_GENERATIONS = GENERATIONS.append(pa.field("mean_log_probability", pa.float64()))
RESPONSES = _schema("prompt_id generator response finish_reason n_tokens:int")
# A response (generated, or translated into the wanted dialect) with the classifier's label.
CANDIDATES = _schema(
    "prompt_id dialect generator sample:int origin response finish_reason label "
    "probability:real options:texts probabilities:reals"
)
# Of a sample, a side's generator is shown with its number (`llama-T#3`).
PAIRS = _schema(
    "pair_id prompt_id dialect kind prompt chosen rejected chosen_label rejected_label "
    "chosen_generator rejected_generator chosen_origin rejected_origin"
)
# How many candidates or pairs are left after each step, per dialect and kind of prompt.
FUNNEL = _schema("dialect kind step count:int")
# A preference pair of any file after the gates: the first that stops it and why, null where none
# does; `index` is its position in the file, from 0.
AUDIT = _schema(
    "index:int file kind target_variety gate reason all_gates:texts not_computed:texts prompt "
    "chosen rejected"
)
# Every gate's verdict on every pair; status is "passed", "stopped" or "not computed".
VERDICTS = _schema("index:int gate status reason value:real threshold:real")

# task: translation, monolingual, crosslingual, validation or validation_translation.
EVALUATION_PROMPTS = _schema(
    "prompt_id task corpus source_variety target_variety source reference prompt"
)
# What the scorers say of each response of one model; `countries` in the order of NADI_COUNTRIES.
SCORED = _schema(
    "prompt_id model response finish_reason language is_arabic:flag aldi:real countries:reals"
)
# Sentence scores of one model, null where a metric does not apply (no reference) or is missing.
# Rows with too_few_tokens score 0 and do not count in means of ALDi and ADI2.
SENTENCE_SCORES = _schema(
    "prompt_id model task corpus source_variety target_variety source reference response "
    "aldi:real p_country:real p_region:real adi2:real adi2_macro:real too_few_tokens:flag "
    "chrf:real chrf_plus_plus:real spbleu:real label_accuracy:real wrong_language:real "
    "repetition:real echo:real number_error:real"
)
# COMET of one model's translations with a reference; the signature is its checkpoint and version.
COMET_SCORES = _schema("prompt_id model comet:real signature")
# One metric of one model on one slice, with its bootstrap interval; `reason` says why a value
# is missing. source/target variety may be "all" or "dialects" (a mean over slices).
METRICS = _schema(
    "model task corpus source_variety target_variety metric value:real low:real high:real "
    "n:int signature reason"
)
# Paired difference of two models' means on the same sentences: model minus baseline. `p_holm` is
# adjusted for the models that are compared on the same slice and metric.
COMPARISONS = _schema(
    "model baseline task source_variety target_variety metric difference:real low:real "
    "high:real p_value:real p_holm:real n:int"
)
CLASSIFIER_METRICS = _schema("classifier variety metric value:real low:real high:real n:int")
# How often each variety was answered with each label.
CONFUSION = _schema("classifier variety predicted count:int")
# Whose answer each item of the rating sheets is, in their order; annotators never see it.
RATING_KEY = _schema(
    "item dialect task model prompt_id corpus source_variety prompt response adi2:real "
    "adi2_macro:real aldi:real chrf_plus_plus:real"
)
# How far a scorer (aldi, country, adi2, language) says what its teacher said of held-out texts, of
# all or of one variety (`group`), with its bootstrap interval.
SCORER_AGREEMENT = _schema("scorer teacher measure group value:real low:real high:real n:int")


def read_table(path: Path, schema: pa.Schema) -> pd.DataFrame:
    """Read a Parquet table as a frame with exactly the schema's columns, in its order.

    Texts are Python strings with None for null, lists are numpy arrays. Raises `LahjaError`
    naming the file where the table is absent, unreadable, or of another version or shape.
    """
    _expect(check_parquet(path), path, schema)
    table = read_parquet(path, schema.names)
    return _plain_text(table.to_pandas(), schema)


def scan_tables(paths: Iterable[Path], schema: pa.Schema) -> "pl.LazyFrame":
    """Return Parquet tables as one polars frame, for millions of rows; raise as `read_table`."""
    import polars as pl

    empty, scans = pl.from_arrow(schema.empty_table()).lazy(), []
    for path in paths:
        # polars does not look at checksums.
        _expect(check_parquet(path, with_pages=True), path, schema)
        scans.append(pl.scan_parquet(path, glob=False))
    return pl.concat([empty, *(scan.select(schema.names) for scan in scans)])


def _expect(metadata: pq.FileMetaData, path: Path, schema: pa.Schema) -> None:
    version, wanted = (metadata.metadata or {}).get(_VERSION, _FIRST), schema.metadata[_VERSION]
    if version != wanted:
        told = f"a table of version {version.decode()}, expected {wanted.decode()}"
        cure = "delete it, and the next run makes it anew, or read it by the lahja that wrote it"
        raise LahjaError(f"{path}: {told}; {cure}")
    found = {field.name: field.type for field in metadata.schema.to_arrow_schema()}
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name not in found:
            raise LahjaError(f"{path}: lacks the column {name!r}")
        if found[name] != kind:
            raise LahjaError(f"{path}: column {name!r} is {found[name]}, expected {kind}")


def write_table(path: Path, frame: pd.DataFrame, schema: pa.Schema) -> None:
    """Write a frame as Parquet with exactly the schema's columns, atomically; drop others."""
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    with atomic_path(path) as draft, parquet_writer(draft, schema) as writer:
        writer.write_table(table)


def write_frame(path: Path, frame: "pl.DataFrame | pl.LazyFrame", schema: pa.Schema) -> None:
    """Write a polars frame as `write_table` does, some rows at a time."""
    with atomic_path(path) as draft, parquet_writer(draft, schema) as writer:
        rows = frame.lazy().select(schema.names)
        for part in rows.collect_batches(chunk_size=1 << 17, engine="streaming"):
            writer.write_table(part.to_arrow().cast(schema))


def read_by_folder(paths: list[Path], schema: pa.Schema, column: str) -> pd.DataFrame:
    """Return tables as one, with the name of each one's folder in a further column."""
    tables = [read_table(path, schema).assign(**{column: path.parent.name}) for path in paths]
    empty = empty_table(schema).assign(**{column: None})
    return pd.concat([empty, *tables], ignore_index=True)


def empty_table(schema: pa.Schema) -> pd.DataFrame:
    """Return a frame of the schema without rows."""
    return _plain_text(schema.empty_table().to_pandas(), schema)


def shown_generator(generator: str, sample: float | None) -> str:
    """Return a generator's name, with the sample's number where there is one (`llama-T#3`)."""
    return generator if pd.isna(sample) else f"{generator}#{int(sample)}"


def _plain_text(frame: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    # pandas 3 reads text as its own `str` type with NaN for null; plain objects with None keep
    # `is None` and JSON honest.
    texts = frame[[each.name for each in schema if each.type == pa.string()]].astype(object)
    return frame.assign(**texts.where(texts.notna(), None))
