"""The command `lahja`: what the library does outside the workflow.

Each subcommand is a module of this package whose `main` takes its arguments; the first line of
the module's docstring is its help.
"""

import importlib
import sys

from lahja.command import run

# In the order in which they are shown.
SUBCOMMANDS = ("plan", "progress", "score", "agreement", "ratings", "audit")


def main(arguments: list[str] | None = None) -> None:
    """Run the subcommand that the first argument names, or say which ones there are."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(_help())
    elif name in SUBCOMMANDS:
        run(_module(name).main, rest, name=f"lahja {name}")
    else:
        sys.exit(f"lahja: no command {name!r}, expected one of {' '.join(SUBCOMMANDS)}")


def _module(name: str):
    return importlib.import_module(f"lahja.cli.{name}")


def _help() -> str:
    lines = ["usage: lahja COMMAND [options]; lahja COMMAND --help tells more", ""]
    width = max(map(len, SUBCOMMANDS)) + 2
    for name in SUBCOMMANDS:
        first = (_module(name).__doc__ or "").splitlines()[0]
        lines.append(f"  {name:<{width}}{first}")
    return "\n".join(lines)
