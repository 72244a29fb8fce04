"""Stages of work and their versions: what makes a result stale (docs/architecture.md).

Whoever edits a stage's modules raises its version, or notes why no result changes.
"""

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from lahja.core.files import canonical_json, digest_of_file, digest_of_text, read_yaml

# The folder that holds the package.
LIBRARY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Stage:
    """An entry of `stages.yaml`, which tells what its keys mean."""

    version: int
    modules: Sequence[str]
    data: Sequence[str] = ()


STAGES = {n: Stage(**own) for n, own in read_yaml(Path(__file__).with_suffix(".yaml")).items()}


def version(*stages: str) -> str:
    """Return the versions of stages as one short text."""
    return canonical_json({stage: STAGES[stage].version for stage in stages})


def stage_of(module: str) -> str | None:
    """Return the stage of a module, given by its path within the package, or None."""
    patterns = ((name, pattern) for name, stage in STAGES.items() for pattern in stage.modules)
    return next((name for name, pattern in patterns if fnmatch(module, pattern)), None)


@cache
def stages_of(script: Path) -> tuple[str, ...]:
    """Return the stages that a script reaches by all its imports, in the order of `STAGES`."""
    package = LIBRARY / "lahja"
    found = {
        stage_of(path.relative_to(package).as_posix())
        for path in reached_modules(script)
        # A package's own file that holds nothing but words is reached by every module below it.
        if path.name != "__init__.py" or _has_code(path)
    }
    return tuple(stage for stage in STAGES if stage in found)


def reached_modules(script: Path) -> set[Path]:
    """Return the files of the library that a script imports, directly or through others."""
    found, new = set(), _imported(script)
    while new:
        found |= new
        new = frozenset().union(*map(_imported, new)) - found
    return found


@cache
def _imported(path: Path) -> frozenset[Path]:
    """Return the library's files that a file imports, and those of the packages above them."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from lahja.models import nllb` may name a module or a value.
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    ours = (name.split(".") for name in names if name.split(".")[0] == "lahja")
    stems = {LIBRARY.joinpath(*parts[:n]) for parts in ours for n in range(1, len(parts) + 1)}
    files = (file for stem in stems for file in (stem / "__init__.py", stem.with_suffix(".py")))
    return frozenset(file for file in files if file.is_file())


def module_digests() -> dict[str, dict[str, str]]:
    """Return, per stage, the digest of each of its modules and files of data, by path.

    Comments, docstrings and blank lines do not count. The text is digested, not the syntax tree,
    whose form differs between versions of Python.
    """
    package = LIBRARY / "lahja"
    digests: dict[str, dict[str, str]] = {stage: {} for stage in STAGES}
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if (stage := stage_of(name)) and (text := _without_remarks(path)):
            digests[stage][name] = digest_of_text(text)[:16]
    for stage, described in STAGES.items():
        for name in described.data:
            digests[stage][name] = digest_of_file(LIBRARY.parent / "resources" / name)[:16]
    return digests


@cache
def _has_code(path: Path) -> bool:
    return bool(_without_remarks(path))


def _without_remarks(path: Path) -> str:
    """Return a module's text without comments, docstrings and blank lines."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        is_bare = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_bare and isinstance(node.value.value, str):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())
