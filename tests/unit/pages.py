"""The pages of the documentation, and what tests of them look at."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), ROOT / "config/README.md", *(ROOT / "docs").rglob("*.md"))
)
FENCE = re.compile(r"(?:<!-- not run: (?P<why>.+?) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)```", re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `why` says why its commands are not run, where they are not."""

    page: str
    kind: str
    body: str
    why: str | None

    @property
    def has_output(self) -> bool:
        """Whether commands have a prompt before them, and what they print comes after."""
        return self.body.startswith("$ ")

    def commands(self) -> Iterator[str]:
        """Yield the block's commands, comments and broken lines taken away."""
        for line in self.body.replace("\\\n", " ").splitlines():
            if self.has_output and not line.startswith("$ "):
                continue
            words = line.removeprefix("$ ")
            if shlex.split(words, comments=True):
                yield re.sub(r"\s+# .*$", "", words).strip()


def text_of(page: str) -> str:
    """Return a page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[Block]:
    """Return the fenced blocks of one language."""
    found = FENCE.finditer(text_of(page))
    return [Block(page, m["kind"], m["body"], m["why"]) for m in found if m["kind"] == kind]


def prose(page: str) -> str:
    """Return a page's text without fenced blocks, and without what tells of removed things."""
    text = re.sub(r"^## No longer in the code$.*?(?=^## |\Z)", "", text_of(page), flags=re.M | re.S)
    return FENCE.sub("", text)
