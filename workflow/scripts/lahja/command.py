"""Turn a function into a command line, so that every script is thin and runs by hand.

A script's `main` takes its inputs, settings and outputs as keyword arguments; each becomes an
option of the same name, a positional-only argument a plain one. `Path` is a path, `dict` is JSON,
`list[Path]` takes several values, `bool` is a switch, `Path | None` may be given without a value,
as a rule's empty input is.
"""

import argparse
import errno
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from lahja.errors import LahjaError


def run(
    main: Callable[..., None], arguments: list[str] | None = None, name: str | None = None
) -> None:
    """Call `main` with the values of the command line; `name` is shown as the program's.

    A `LahjaError` ends the process with exit code 1 and one line on standard error; any other
    exception is a fault of lahja's own and keeps its traceback. A full disk is the user's too.
    """
    values = vars(_parser(main, name).parse_args(arguments))
    plain = [key for key, kind in _parameters(main).items() if kind.kind is kind.POSITIONAL_ONLY]
    try:
        main(*(values[key] for key in plain), **{k: v for k, v in values.items() if k not in plain})
    except LahjaError as error:
        sys.exit(f"lahja: {error}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = error.filename or values.get("output") or "the output"
        sys.exit(f"lahja: {place}: {error.strerror}; free some space and run it again")


def _parameters(main: Callable[..., None]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(main).parameters


def _parser(main: Callable[..., None], program: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=inspect.getmodule(main).__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    hints = get_type_hints(main)
    for name, parameter in _parameters(main).items():
        options = _option(hints[name])
        if parameter.kind is parameter.POSITIONAL_ONLY:
            parser.add_argument(name, **options)
            continue
        if parameter.default is inspect.Parameter.empty:
            options["required"] = True
        else:
            options["default"] = parameter.default
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, **options)
    return parser


def _option(hint: Any) -> dict[str, Any]:
    if hint is bool:
        return {"action": "store_true"}
    if get_origin(hint) is list:
        return {"nargs": "*", "type": get_args(hint)[0]}
    members = [member for member in get_args(hint) if member is not type(None)]
    kind = members[0] if members and get_origin(hint) is not dict else hint
    if kind is dict or get_origin(kind) is dict:
        return {"type": _json_object, "metavar": "JSON"}
    option = {"type": kind, "metavar": "PATH" if kind is Path else kind.__name__.upper()}
    return option | ({"nargs": "?"} if members and len(members) < len(get_args(hint)) else {})


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("expected a JSON object")
    return value
