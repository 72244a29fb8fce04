"""The workflow's tables: their schemas, and how they are read and written.

Every artifact that is a table is Parquet with one of these schemas. A table that lacks a
column, or holds one of another type, is refused with its name.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lahja.errors import LahjaError
from lahja.files import atomic_path

_TEXT = pa.string()
_COUNT = pa.int64()
_REAL = pa.float64()
_FLAG = pa.bool_()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, type_) for name, type_ in columns.items()])


# --- data -------------------------------------------------------------------------------------

# One corpus after its reader: one text per row; `group_id` binds translations of one sentence.
CORPUS = _schema(
    sentence_id=_TEXT, group_id=_TEXT, corpus=_TEXT, variety=_TEXT, text=_TEXT,
    split=_TEXT, n_words=_COUNT, aldi=_REAL, file=_TEXT, line=_COUNT,
)  # fmt: skip
REJECTS = _schema(corpus=_TEXT, file=_TEXT, line=_COUNT, reason=_TEXT, text=_TEXT)
SENTENCES = CORPUS
# One dialect (or MSA) sentence with the MSA and English sides that are known, null where not;
# origin is "corpus" or "nllb".
PARALLEL = _schema(
    pair_id=_TEXT, group_id=_TEXT, corpus=_TEXT, split=_TEXT, variety=_TEXT,
    text=_TEXT, msa=_TEXT, eng=_TEXT, msa_origin=_TEXT, eng_origin=_TEXT,
)  # fmt: skip
# Texts and what a teacher of small scorers said of them, null where it said nothing: the published
# scorers (teacher "recorded") or a corpus's own column of dialectness ("given"). `variety` is what
# was asked for; `countries` in the order of NADI_COUNTRIES.
TEACHER_SCORES = _schema(
    corpus=_TEXT, teacher=_TEXT, group_id=_TEXT, variety=_TEXT, text=_TEXT, split=_TEXT,
    is_arabic=_FLAG, aldi=_REAL, p_country=_REAL, p_region=_REAL, countries=pa.list_(_REAL),
    file=_TEXT, line=_COUNT,
)  # fmt: skip
DIALECTNESS = _schema(sentence_id=_TEXT, aldi=_REAL)
SAMPLES = _schema(
    sentence_id=_TEXT, group_id=_TEXT, corpus=_TEXT, variety=_TEXT, text=_TEXT,
    n_words=_COUNT, aldi=_REAL, kind=_TEXT,
)  # fmt: skip

# --- supervised training ----------------------------------------------------------------------

# What `train_sft` learns from: the loss is on the completion only.
EXAMPLES = _schema(example_id=_TEXT, kind=_TEXT, variety=_TEXT, prompt=_TEXT, completion=_TEXT)
# Labelled sentences for the dialect classifier and for its test.
LABELLED_SENTENCES = _schema(sentence_id=_TEXT, corpus=_TEXT, variety=_TEXT, text=_TEXT)
# One classifier's answer on each test sentence; `probabilities` in the order of `options`.
PREDICTIONS = _schema(
    sentence_id=_TEXT, variety=_TEXT, predicted=_TEXT,
    options=pa.list_(_TEXT), probabilities=pa.list_(_REAL),
)  # fmt: skip

# --- generation and preferences ---------------------------------------------------------------

PROMPTS = _schema(
    prompt_id=_TEXT, dialect=_TEXT, kind=_TEXT, source_variety=_TEXT, source=_TEXT,
    reference=_TEXT, sentence_id=_TEXT, prompt=_TEXT,
)  # fmt: skip
RESPONSES = _schema(
    prompt_id=_TEXT, generator=_TEXT, response=_TEXT, finish_reason=_TEXT, n_tokens=_COUNT,
)  # fmt: skip
# A response (generated, or translated into the wanted dialect) with the classifier's label.
CANDIDATES = _schema(
    prompt_id=_TEXT, dialect=_TEXT, generator=_TEXT, origin=_TEXT, response=_TEXT,
    finish_reason=_TEXT, label=_TEXT, probability=_REAL, options=pa.list_(_TEXT),
    probabilities=pa.list_(_REAL),
)  # fmt: skip
PAIRS = _schema(
    pair_id=_TEXT, prompt_id=_TEXT, dialect=_TEXT, kind=_TEXT, prompt=_TEXT,
    chosen=_TEXT, rejected=_TEXT, chosen_label=_TEXT, rejected_label=_TEXT,
    chosen_generator=_TEXT, rejected_generator=_TEXT, chosen_origin=_TEXT,
    rejected_origin=_TEXT,
)  # fmt: skip
# How many candidates or pairs are left after each step, per dialect and kind of prompt.
FUNNEL = _schema(dialect=_TEXT, kind=_TEXT, step=_TEXT, count=_COUNT)
# A preference pair of any file after the gates: the first that stops it and why, null where none
# does; `index` is its position in the file, from 0.
AUDIT = _schema(
    index=_COUNT, file=_TEXT, kind=_TEXT, target_variety=_TEXT, gate=_TEXT, reason=_TEXT,
    all_gates=pa.list_(_TEXT), not_computed=pa.list_(_TEXT), prompt=_TEXT, chosen=_TEXT,
    rejected=_TEXT,
)  # fmt: skip
# Every gate's verdict on every pair; status is "passed", "stopped" or "not computed".
VERDICTS = _schema(
    index=_COUNT, gate=_TEXT, status=_TEXT, reason=_TEXT, value=_REAL, threshold=_REAL,
)  # fmt: skip

# --- evaluation -------------------------------------------------------------------------------

# task: translation, monolingual, crosslingual, validation or validation_translation.
EVALUATION_PROMPTS = _schema(
    prompt_id=_TEXT, task=_TEXT, corpus=_TEXT, source_variety=_TEXT, target_variety=_TEXT,
    source=_TEXT, reference=_TEXT, prompt=_TEXT,
)  # fmt: skip
# Several responses of one model to each prompt, numbered from 0.
SAMPLED_RESPONSES = _schema(
    prompt_id=_TEXT, sample=_COUNT, generator=_TEXT, response=_TEXT, finish_reason=_TEXT,
    n_tokens=_COUNT,
)  # fmt: skip
# What the scorers say of each response of one model; `countries` in the order of NADI_COUNTRIES.
SCORED = _schema(
    prompt_id=_TEXT, model=_TEXT, response=_TEXT, finish_reason=_TEXT, language=_TEXT,
    is_arabic=_FLAG, aldi=_REAL, countries=pa.list_(_REAL),
)  # fmt: skip
# Sentence scores of one model, null where a metric does not apply (no reference) or is missing.
# Rows with too_few_tokens score 0 and do not count in means of ALDi and ADI2.
SENTENCE_SCORES = _schema(
    prompt_id=_TEXT, model=_TEXT, task=_TEXT, corpus=_TEXT, source_variety=_TEXT,
    target_variety=_TEXT, source=_TEXT, reference=_TEXT, response=_TEXT, aldi=_REAL,
    p_country=_REAL, p_region=_REAL, adi2=_REAL, adi2_macro=_REAL, too_few_tokens=_FLAG,
    chrf=_REAL, chrf_plus_plus=_REAL, spbleu=_REAL, label_accuracy=_REAL, wrong_language=_REAL,
    repetition=_REAL, echo=_REAL, number_error=_REAL,
)  # fmt: skip
# One metric of one model on one slice, with its bootstrap interval; `reason` says why a value
# is missing. source/target variety may be "all" or "dialects" (a mean over slices).
METRICS = _schema(
    model=_TEXT, task=_TEXT, corpus=_TEXT, source_variety=_TEXT, target_variety=_TEXT,
    metric=_TEXT, value=_REAL, low=_REAL, high=_REAL, n=_COUNT, signature=_TEXT, reason=_TEXT,
)  # fmt: skip
# Paired difference of two models' means on the same sentences: model minus baseline. `p_holm` is
# adjusted for the models that are compared on the same slice and metric.
COMPARISONS = _schema(
    model=_TEXT, baseline=_TEXT, task=_TEXT, source_variety=_TEXT, target_variety=_TEXT,
    metric=_TEXT, difference=_REAL, low=_REAL, high=_REAL, p_value=_REAL, p_holm=_REAL, n=_COUNT,
)  # fmt: skip
CLASSIFIER_METRICS = _schema(
    classifier=_TEXT, variety=_TEXT, metric=_TEXT, value=_REAL, low=_REAL, high=_REAL, n=_COUNT,
)  # fmt: skip
# How far a scorer (aldi, country, adi2, language) says what its teacher said of held-out texts, of
# all or of one variety (`group`), with its bootstrap interval.
SCORER_AGREEMENT = _schema(
    scorer=_TEXT, teacher=_TEXT, measure=_TEXT, group=_TEXT, value=_REAL, low=_REAL, high=_REAL,
    n=_COUNT,
)  # fmt: skip


def read_table(path: Path, schema: pa.Schema) -> pd.DataFrame:
    """Read a Parquet table as a frame with exactly the schema's columns, in its order.

    Texts are Python strings with None for null, lists are numpy arrays. Raises `LahjaError`
    naming the file and the column where the table is absent, unreadable or of another shape.
    """
    try:
        found = pq.read_table(path)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise LahjaError(f"{path}: not a Parquet table ({error})") from None
    for field in schema:
        if field.name not in found.column_names:
            raise LahjaError(f"{path}: lacks the column {field.name!r}")
        if found.schema.field(field.name).type != field.type:
            there = found.schema.field(field.name).type
            raise LahjaError(f"{path}: column {field.name!r} is {there}, expected {field.type}")
    frame = found.select(schema.names).to_pandas(strings_to_categorical=False)
    return _plain_text(frame, schema)


def write_table(path: Path, frame: pd.DataFrame, schema: pa.Schema) -> None:
    """Write a frame as Parquet with exactly the schema's columns, atomically.

    A column of the schema that the frame lacks raises `LahjaError`; other columns are dropped.
    """
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise LahjaError(f"{path}: the table to write lacks {', '.join(missing)}")
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    with atomic_path(path) as draft:
        pq.write_table(table.replace_schema_metadata(None), draft)


def read_by_folder(paths: list[Path], schema: pa.Schema, column: str) -> pd.DataFrame:
    """Return tables as one, with the name of each one's folder in a further column."""
    tables = [read_table(path, schema).assign(**{column: path.parent.name}) for path in paths]
    empty = empty_table(schema).assign(**{column: None})
    return pd.concat([empty, *tables], ignore_index=True)


def empty_table(schema: pa.Schema) -> pd.DataFrame:
    """Return a frame of the schema without rows."""
    return _plain_text(schema.empty_table().to_pandas(), schema)


def _plain_text(frame: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    # pandas 3 reads text as its own `str` type with NaN for null; plain objects with None keep
    # `is None` and JSON honest.
    for field in schema:
        if pa.types.is_string(field.type):
            column = frame[field.name].astype(object)
            frame[field.name] = column.where(column.notna(), None)
    return frame
