"""Digest a script and the lahja modules that it imports.

Snakemake judges a script by its time stamp and does not see what it imports. Each rule carries
this digest as a parameter instead: an edit to a module reruns the rules whose scripts reach it,
and nothing else. Comments, docstrings and layout do not count, so that a better explanation
does not retrain a model.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lahja.errors import LahjaError

PACKAGE = "lahja"


@cache
def code_digest(script: Path) -> str:
    """Return the digest (16 hexadecimal digits) of a script and all it imports of lahja.

    Imports are followed through functions too, where the heavy ones are. Raises `LahjaError`
    where the script is missing or an imported module does not exist.
    """
    if not script.is_file():
        raise LahjaError(f"{script}: no such script")
    digest = hashlib.sha256()
    for path in sorted(imported_modules(script)):
        digest.update(path.name.encode())
        digest.update(_meaning(path).encode())
    return digest.hexdigest()[:16]


@cache
def imported_modules(script: Path) -> frozenset[Path]:
    """Return the files that a script's meaning hangs on: itself and its lahja modules."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting.extend(_imports(path, script.parent))
    return frozenset(found)


def _imports(path: Path, home: Path) -> Iterator[Path]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from lahja.models import small` may name a module or a value.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE:
                yield from _files_of(name, home)


def _files_of(name: str, home: Path) -> Iterator[Path]:
    """Yield a module's file and the `__init__` of each package above it, where there are such."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        stem = home.joinpath(*parts[:length])
        if (stem / "__init__.py").is_file():
            yield stem / "__init__.py"
        elif stem.with_suffix(".py").is_file():
            yield stem.with_suffix(".py")


def _meaning(path: Path) -> str:
    """Return the syntax tree as text, without docstrings."""
    tree = _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_bare_text(part)] or [ast.Pass()]
    return ast.dump(tree)


def _is_bare_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
