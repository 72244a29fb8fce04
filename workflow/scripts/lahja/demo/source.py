"""Read and check the hand-written sources of the demo corpora."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.readers import read_templates
from lahja.varieties import DIALECTS, VARIETIES

KINDS = ("text", "paraphrase", "reply", "question")
"""What a frame says: a sentence, the same in other words, an answer to it, a question about it."""
ANSWER_KINDS = ("paraphrase", "story", "summary", "reply", "question")
"""What prompts ask for."""

Texts = dict[str, str]
"""One sentence in every variety, by the variety's code."""

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Frame:
    """Sentences with slots that belong together: kind to variety to text."""

    name: str
    domain: str
    is_held_out: bool
    texts: dict[str, Texts]

    @property
    def slots(self) -> list[str]:
        """The names of all slots of the frame, in order of first use."""
        return list(dict.fromkeys(s for kind in KINDS for s in slots_of(self.texts[kind]["eng"])))


@dataclass(frozen=True)
class Lexicon:
    """The words that fill a slot, each in every variety."""

    entries: list[Texts]
    follows: str | None
    """The slot whose choice this one shares: entry by entry another form of the same word."""


@dataclass(frozen=True)
class Request:
    """An English request with `{language}` and `{text}`, as AL-QASIDA's cross-lingual prompts."""

    kind: str
    location: str
    phrasing: str
    text: str


@dataclass(frozen=True)
class Source:
    """Everything that is written by hand for the demo."""

    frames: list[Frame]
    lexicons: dict[str, Lexicon]
    continuations: list[Texts]
    templates: dict[str, list[str]]
    template_kinds: list[str]
    requests: list[Request]


def load_source(folder: Path) -> Source:
    """Read `resources/demo`; raises `LahjaError` naming file, frame and variety at fault."""
    lexicons = load_lexicons(folder / "lexicon")
    templates, kinds = load_templates(folder / "templates.json", folder / "template_kinds.json")
    return Source(
        frames=load_frames(folder / "frames", lexicons),
        lexicons=lexicons,
        continuations=load_continuations(folder / "continuations.yaml"),
        templates=templates,
        template_kinds=kinds,
        requests=load_requests(folder / "requests.yaml"),
    )


def slots_of(text: str) -> list[str]:
    """Return the slot names of a text, in its order."""
    return _SLOT.findall(text)


def lexicon_of(slot: str) -> str:
    """Return the lexicon that fills a slot: `city` for both `city` and `city_2`."""
    return re.sub(r"_\d$", "", slot)


def load_lexicons(folder: Path) -> dict[str, Lexicon]:
    """Read the lexicons, one YAML file per slot."""
    lexicons = {}
    for path in _yaml_files(folder):
        value = _read_yaml(path)
        follows = value.get("follows") if isinstance(value, dict) else None
        entries = value.get("entries") if isinstance(value, dict) else value
        for number, entry in enumerate(_a_list(path, entries), start=1):
            _check_varieties(entry, f"{path}: entry {number}")
        lexicons[path.stem] = Lexicon(entries, follows)
    for name, lexicon in lexicons.items():
        if (leader := lexicon.follows) is None:
            continue
        if leader not in lexicons or len(lexicons[leader].entries) != len(lexicon.entries):
            raise LahjaError(
                f"{folder / name}.yaml: follows {leader!r}; expected a lexicon of "
                f"{len(lexicon.entries)} entries by that name"
            )
    return lexicons


def load_frames(folder: Path, lexicons: dict[str, Lexicon]) -> list[Frame]:
    """Read the frames of all domains, one YAML file per domain."""
    frames: dict[str, Frame] = {}
    for path in _yaml_files(folder):
        for number, value in enumerate(_a_list(path, _read_yaml(path)), start=1):
            if not isinstance(value, dict) or not isinstance(value.get("id"), str):
                raise LahjaError(f"{path}: frame {number} has no id")
            frame = _frame(path, value, lexicons)
            if frame.name in frames:
                raise LahjaError(f"{path}: frame {frame.name} is there twice")
            frames[frame.name] = frame
    return list(frames.values())


def _frame(path: Path, value: dict[str, Any], lexicons: dict[str, Lexicon]) -> Frame:
    place = f"{path}: frame {value['id']}"
    unknown = set(value) - {"id", "held_out", *KINDS}
    if unknown:
        raise LahjaError(f"{place}: unknown key {sorted(unknown)[0]!r}")
    for kind in KINDS:
        if kind not in value:
            raise LahjaError(f"{place}: lacks {kind}")
        _check_texts(value[kind], f"{place}: {kind}", lexicons)
    said, again = (_choices(value[kind]["eng"], lexicons) for kind in ("text", "paraphrase"))
    if said != again:
        raise LahjaError(f"{place}: paraphrase has slots {again}, expected those of text, {said}")
    texts = {kind: value[kind] for kind in KINDS}
    return Frame(value["id"], path.stem, bool(value.get("held_out")), texts)


def _choices(text: str, lexicons: dict[str, Lexicon]) -> list[str]:
    # Forms of one word (`city`, `to_city`) count as the same slot.
    return sorted(lexicons[lexicon_of(slot)].follows or slot for slot in slots_of(text))


def _check_texts(texts: Any, place: str, lexicons: dict[str, Lexicon]) -> None:
    _check_varieties(texts, place)
    expected = sorted(slots_of(texts["eng"]))
    for slot in expected:
        if lexicon_of(slot) not in lexicons:
            raise LahjaError(f"{place}: no lexicon for the slot {{{slot}}}")
    for variety, text in texts.items():
        if (found := sorted(slots_of(text))) != expected:
            raise LahjaError(f"{place}: {variety} has slots {found}, expected {expected} as in eng")


def _check_varieties(texts: Any, place: str) -> None:
    if not isinstance(texts, dict):
        raise LahjaError(f"{place}: expected a map of varieties to texts")
    for variety in VARIETIES:
        if not isinstance(texts.get(variety), str) or not texts[variety].strip():
            raise LahjaError(f"{place}: no text for {variety}")
    if unknown := set(texts) - set(VARIETIES):
        raise LahjaError(f"{place}: unknown variety {sorted(unknown)[0]!r}")


def load_continuations(path: Path) -> list[Texts]:
    """Read what a story goes on with."""
    continuations = _a_list(path, _read_yaml(path))
    for number, texts in enumerate(continuations, start=1):
        _check_varieties(texts, f"{path}: entry {number}")
    return continuations


def load_templates(path: Path, kinds_path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Read the templates of each dialect and the kind of each by its place in the list."""
    templates, kinds = read_templates(path), read_json(kinds_path)
    if unknown := set(kinds) - set(ANSWER_KINDS):
        raise LahjaError(f"{kinds_path}: unknown kind {sorted(unknown)[0]!r}")
    for dialect in DIALECTS:
        if len(templates.get(dialect, [])) != len(kinds):
            raise LahjaError(f"{path}: {dialect}: expected {len(kinds)} templates")
    return templates, kinds


def load_requests(path: Path) -> list[Request]:
    """Read the English requests."""
    requests = []
    for number, value in enumerate(_a_list(path, _read_yaml(path)), start=1):
        try:
            request = Request(**value)
        except TypeError as error:
            raise LahjaError(f"{path}: entry {number}: {error}") from None
        if sorted(slots_of(request.text)) != ["language", "text"]:
            raise LahjaError(f"{path}: entry {number}: expected one {{language}} and one {{text}}")
        if request.kind not in ANSWER_KINDS:
            raise LahjaError(f"{path}: entry {number}: unknown kind {request.kind!r}")
        requests.append(request)
    return requests


def _yaml_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise LahjaError(f"{folder}: no such folder")
    return sorted(folder.glob("*.yaml"))


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise LahjaError(f"{path}: no such file") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise LahjaError(f"{path}: not UTF-8 YAML ({' '.join(str(error).split())})") from None


def _a_list(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise LahjaError(f"{path}: expected a list")
    return value
