"""Corpora, what their readers can be told, and how texts are cleaned: corpora, data."""

from typing import Annotated, Any, Literal, Self, Union

from pydantic import AfterValidator, Discriminator, Field, Tag, create_model, model_validator

from lahja.core.config.base import (
    Commit,
    Count,
    Departures,
    Distinct,
    Names,
    OneOrMore,
    OrAbsent,
    Pattern,
    Positive,
    Section,
    Share,
    Variety,
    WordRange,
    fault,
)
from lahja.core.config.evaluation import Task
from lahja.core.errors import hint
from lahja.core.varieties import VARIETIES

COLUMNS = ("text", "variety", "group", "split", "aldi")


def _expect_city(city: str) -> str:
    if not any(city in variety.madar_cities for variety in VARIETIES.values()):
        raise fault("", f"no city of MADAR's that has one of lahja's varieties: {city!r}")
    return city


def _expect_column(key: str) -> str:
    known = (*COLUMNS, *VARIETIES)
    if key not in known:
        raise fault("", f"unknown; {hint(key, known)}")
    return key


# An archive in plain HTTP can be another one when it arrives.
Address = Annotated[str, Field(pattern=r"^(https|file)://")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
City = Annotated[str, AfterValidator(_expect_city)]
Column = Annotated[str, AfterValidator(_expect_column)]
Patterns = Annotated[list[Pattern], Field(min_length=1), Distinct]
Split = Literal["train", "validation", "test", "evaluation"]
Grade = Literal["gold", "silver"]
Quality = Annotated[
    Annotated[Grade, Tag("[all]")] | Annotated[dict[Variety, Grade], Tag("[each]")],
    Discriminator(lambda value: "[each]" if isinstance(value, dict) else "[all]"),
    # What all corpora have by default stands in no parameter.
    Field(exclude_if=lambda value: value == "gold"),
]


class NoOptions(Departures):
    """Options of a reader that has none."""


class OfVarieties(Departures):
    """Options of readers that may read some varieties alone."""

    varieties: list[Variety] | None = None  #: Varieties to read; null is all.


class SeveralOptions(OfVarieties):
    """Options of readers of corpora that hold several varieties, told apart by files or labels."""

    #: Varieties to read; null is the dialects of the run, MSA and English.
    varieties: list[Variety] | None = None


class OfSplit(Departures):
    """Options of readers of corpora without splits of their own."""

    split: Split | None = None  #: Split that all rows belong to.


class OneFileOptions(SeveralOptions, OfSplit):
    """Options of readers that read one file."""

    file: OrAbsent[str] = None  #: The file, where it is not found by its name.


class HabibiOptions(SeveralOptions, OfSplit):
    """Options of `habibi`."""


class BitextOptions(OfVarieties, OfSplit):
    files: dict[Variety, str]  #: File of each variety.


class DodaOptions(OfVarieties):
    script: Literal["arabic", "latin"] = "arabic"  #: Script of the Moroccan side.
    #: Folders to read, of those that are there.
    folders: OneOrMore = ["sentences", "ongoing", "x-tra"]


class GoldOptions(Departures):
    files: dict[Variety, str]  #: File of each dialect.


class FloresOptions(SeveralOptions):
    split: Literal["dev", "devtest"] = "devtest"  #: Split of FLORES.
    #: File code of a variety where it is another (FLORES+ has no `ajp_Arab`).
    codes: dict[Variety, str] = {}


class IwsltOptions(OfSplit):
    stem: str = "valid"  #: Name of the files, less `.apc` and `.eng`.


class LinesOptions(OfSplit):
    variety: Variety  #: Variety of all lines.
    files: Patterns = ["*.txt"]  #: Files (glob patterns) within the folder.


MadarSplit = Literal[
    "corpus-6-train", "corpus-6-dev", "corpus-6-test-corpus-26-train",
    "corpus-6-test-corpus-26-dev", "corpus-6-test-corpus-26-test",
]  # fmt: skip


class MadarOptions(SeveralOptions):
    #: City files to read, which must be there; null is what is there.
    cities: list[City] | None = None
    #: MADAR's own splits to read; without it, all.
    splits: OrAbsent[list[MadarSplit]] = None


class TableOptions(OfVarieties, OfSplit):
    #: Column of `text`, or of each variety; and of `variety`, `group`, `split`, `aldi`.
    columns: dict[Column, str] = {"text": "text"}
    variety: OrAbsent[Variety] = None  #: Variety of all rows.
    #: Variety of each label; rows of others are passed over.
    labels: OrAbsent[dict[str, Variety]] = None
    #: lahja's split of each of the table's, besides `train`, `valid`, `dev`, `test` and the like.
    splits: OrAbsent[dict[str, Split]] = None
    #: Files (glob patterns) within the folder.
    files: Patterns = ["*.csv", "*.tsv", "*.parquet", "*.jsonl"]
    #: Whether quotation marks enclose fields; null is so in CSV files, and not in TSV files.
    quoted: bool | None = None

    @model_validator(mode="after")
    def _has_texts(self) -> Self:
        if ("text" in self.columns) == any(key in VARIETIES for key in self.columns):
            raise fault("columns", "expected either text or one column per variety")
        if "text" in self.columns and not self.variety and "variety" not in self.columns:
            raise fault("variety", "missing; give it here or as a column")
        return self


class TatoebaOptions(OfSplit):
    pairs: dict[str, Variety] = {"arz": "egy"}  #: Variety that a language code of Tatoeba's is.


class OutputOptions(SeveralOptions):
    generators: OrAbsent[Names] = None  #: Generators to read; without it, all.
    tasks: OrAbsent[list[Task]] = None  #: Tasks to read; without it, all.


class RecordedPromptOptions(OutputOptions):
    corpora: OrAbsent[Names] = None  #: AL-QASIDA's corpora whose prompts are read; without it, all.


_READERS: dict[type[Departures], str] = {
    OutputOptions: "al-qasida-outputs al-qasida-scores",
    SeveralOptions: "al-qasida-prompts",
    RecordedPromptOptions: "al-qasida-recorded-prompts",
    NoOptions: "al-qasida-few-shot al-qasida-templates dial2msa instructions",
    BitextOptions: "bitext",
    DodaOptions: "doda",
    FloresOptions: "flores",
    GoldOptions: "amiya-gold",
    HabibiOptions: "habibi",
    IwsltOptions: "iwslt",
    LinesOptions: "lines",
    MadarOptions: "madar",
    OneFileOptions: "nadi nadi-pairs qadi",
    TableOptions: "table",
    TatoebaOptions: "tatoeba",
}
READER_OPTIONS = {reader: kind for kind, readers in _READERS.items() for reader in readers.split()}
"""The readers and the options of each."""


class _Corpus(Section):
    """A corpus, whatever its reader."""

    reader: str  #: Layout of the files, a reader in `lahja.corpora.readers`.
    path: str = "."  #: File or folder, relative to `corpora_dir` or to what was downloaded.
    #: How it is had. `local` lies in `corpora_dir`; `manual` too, once the licence or login at
    #: `homepage` is passed; `download` comes from `url`; `hub` from a hub repository; `demo` is
    #: expanded from `resources/demo`.
    access: Literal["local", "manual", "download", "hub", "demo"] = "local"
    url: OrAbsent[Address] = None  #: Archive or file to download.
    #: SHA-256 of the file at `url`; without one, whatever comes is taken, and its digest kept.
    sha256: OrAbsent[Sha256] = None
    #: Maximum GiB to download from `url`, and to unpack.
    max_gib: Positive = 50
    hub: OrAbsent[str] = None  #: Repository on the Hugging Face hub.
    revision: Commit | None = None  #: Commit of the repository; without one, the lock file's.
    files: list[Pattern] = []  #: Files (glob patterns) expected there.
    options: dict[str, Any] = {}  #: What the reader needs to know, say the variety or the columns.
    #: What it may be used for. `train` is split by the shares of `data` unless the corpus has
    #: splits of its own; `evaluation` is never trained on; `prompts` are ready prompts; `templates`
    #: are prompt templates or few-shot examples; `scorer` holds published scores of texts, for
    #: small scorers alone; `instructions` trains small models only; `recorded` are recorded outputs
    #: of generators.
    role: Literal[
        "train", "validation", "evaluation", "prompts", "templates", "scorer", "instructions",
        "recorded",
    ]  # fmt: skip
    #: Whether its translations are trusted: translation data of the variant `clean` takes no side
    #: that is `silver`. One grade for all sides, or one by variety; one that is not named is gold.
    quality: Quality = "gold"
    licence: str = "not stated"  #: Licence as the source states it; the report prints it.
    #: Whether that licence permits to publish its texts; `lahja export` publishes none otherwise.
    redistributable: bool = False
    homepage: str = ""  #: Page of the corpus.


def _corpus(options: type[Departures]) -> type[_Corpus]:
    given = Field(default_factory=dict, validate_default=True)
    return create_model(
        options.__name__.replace("Options", "Corpus"),
        __base__=_Corpus,
        reader=Literal[tuple(_READERS[options].split())],
        options=(options, given),
    )


Corpus = Annotated[
    Union[tuple(map(_corpus, _READERS))],  # noqa: UP007
    Field(discriminator="reader"),
]


class Data(WordRange):
    """Cleaning, deduplication and splits."""

    min_words: Count = 1  #: Minimum words of a sentence.
    max_words: Count = 200  #: Maximum words of a sentence.
    #: Jaccard similarity of character n-grams from which two texts count as one.
    near_duplicate_similarity: Share = 0.9
    #: Share of the groups of a training corpus without splits of its own that goes to validation.
    validation_share: Share = 0.01
    test_share: Share = 0.02  #: Likewise to test, which the classifier is tested on.

    @model_validator(mode="after")
    def _leaves_some_to_train(self) -> Self:
        if (both := self.validation_share + self.test_share) >= 1:
            raise fault("test_share", f"expected a sum with validation_share below 1, not {both}")
        return self
