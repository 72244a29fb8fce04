"""The command `lahja`: what the library does outside the workflow.

Each subcommand is a module of this package whose `main` takes its arguments; the first line of
the module's docstring is its help.
"""

import importlib
import sys

from lahja.core.command import run

# In the order in which they are shown.
SUBCOMMANDS = (
    "check", "plan", "progress", "resume", "verify",
    "score", "agreement", "ratings", "audit", "export",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run the subcommand that the first argument names, or say which ones there are."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print("usage: lahja COMMAND [options]; lahja COMMAND --help tells more\n")
        for each in SUBCOMMANDS:
            docstring = importlib.import_module(f"lahja.cli.{each}").__doc__
            print(f"  {each:<{max(map(len, SUBCOMMANDS)) + 2}}{docstring.splitlines()[0]}")
    elif name in SUBCOMMANDS:
        run(importlib.import_module(f"lahja.cli.{name}").main, rest, name=f"lahja {name}")
    else:
        sys.exit(f"lahja: no command {name!r}, expected one of {' '.join(SUBCOMMANDS)}")
