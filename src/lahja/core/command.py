"""Turn a function into a command line, so that every script is thin and runs by hand.

Keyword arguments of `main` become options (`dict` is JSON, `Path | None` may lack a value, as a
rule's empty input does), positional-only ones plain arguments. `--gpus` leases devices first.
"""

import argparse
import atexit
import errno
import gc
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from inspect import getmodule, signature
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, get_args, get_origin, get_type_hints

from lahja.core.errors import DamagedError, LahjaError
from lahja.core.files import expect_writable, parse_json, set_aside
from lahja.core.gpu_lease import lease_devices
from lahja.core.settings import with_execution

_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNUSABLE = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EROFS)
# How libraries in Rust, safetensors among them, tell of the system's errors.
_TOLD = re.compile(r"\(os error (\d+)\)")
_FROM_0 = ("seed", "gpus", "samples")


def run(
    main: Callable[..., None], arguments: list[str] | None = None, name: str | None = None
) -> None:
    """Call `main` with the values of the command line; `name` is shown as the program's.

    A `list[Path]` takes several values, a `bool` is a switch; `--execution` adds to settings. The
    `--output` of a named program is a folder, which must be writable before the work begins. A
    `LahjaError` ends the process with exit code 1 and one line on standard error, and so do a full
    disk and a path that cannot be used; any other exception is a fault of lahja's own and keeps
    its traceback. A script sets a damaged input aside, so that the next run makes it anew.
    """
    # The million objects that torch and transformers import stay; to look through them again and
    # again for garbage, and at exit, takes a third of a model's start (bench/starts.py).
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    parsed = _parser(main, name).parse_intermixed_args(arguments)
    values, known = vars(parsed), signature(main).parameters
    gpus = values["gpus"] if "gpus" in known else values.pop("gpus", 0)
    if target := _settings_of(main):
        values[target] = with_execution(values[target], values.pop("execution"))
    plain = [key for key, kind in known.items() if kind.kind is kind.POSITIONAL_ONLY]
    try:
        if name is None:
            lease_devices(gpus)
        elif values.get("output"):
            expect_writable(values["output"])
        with redirect_stdout(_Stream(sys.stdout)), redirect_stderr(_Stream(sys.stderr)):
            try:
                main(*[values.pop(key) for key in plain], **values)
            finally:
                sys.stdout.flush()
    except DamagedError as error:
        sys.exit(f"lahja: {error}" + (_set_aside(error.path, values) if name is None else ""))
    except LahjaError as error:
        sys.exit(f"lahja: {error}")
    except Exception as error:
        told = _TOLD.search(str(error))
        number = int(told[1]) if told else getattr(error, "errno", None)
        if number not in (*_FULL, *_UNUSABLE):
            raise
        place = getattr(error, "filename", None) or values.get("output") or "the output"
        cure = "; free some space and run it again" if number in _FULL else ""
        sys.exit(f"lahja: {place}: {os.strerror(number)}{cure}")


def _set_aside(path: Path, values: dict[str, Any]) -> str:
    """Set the damaged input of a script aside, and return what to say of it."""
    given = (value if isinstance(value, list) else [value] for value in values.values())
    # What a rule makes may be a folder of several files.
    place = next((own for own in chain(*given) if own in path.parents), path)
    return f"; {place} is {set_aside(place).name} now: run again to make it anew"


class _Stream:
    """An output whose reader may leave, as `head` does: the rest is written to nowhere."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        return partial(self._do, found) if name in ("write", "flush") else found

    def _do(self, act: Callable[..., Any], *values: str) -> Any:
        try:
            return act(*values)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            return act(*values)


def _settings_of(main: Callable[..., None]) -> str | None:
    """Return the parameter that holds settings, to which `--execution` adds."""
    hints = get_type_hints(main)
    return next((name for name in ("settings", "generator") if hints.get(name) is dict), None)


def _parser(main: Callable[..., None], program: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=getmodule(main).__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    hints = get_type_hints(main)
    for name, parameter in signature(main).parameters.items():
        options = _option(hints[name], name)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            parser.add_argument(name, **options)
            continue
        is_required = parameter.default is parameter.empty
        options |= {"required": True} if is_required else {"default": parameter.default}
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, **options)
    if _settings_of(main):
        told = "what results do not depend on"
        parser.add_argument("--execution", **_option(dict), default={}, help=told)
    if program is None and "gpus" not in hints:
        parser.add_argument("--gpus", type=int, default=0, help="GPUs to lease for the process")
    return parser


def _option(hint: Any, name: str = "") -> dict[str, Any]:
    if hint is bool:
        return {"action": "store_true"}
    if get_origin(hint) is list:
        return {"nargs": "*", "type": get_args(hint)[0]}
    members = [member for member in get_args(hint) if member is not type(None)]
    kind = members[0] if members and get_origin(hint) is not dict else hint
    if kind is dict or get_origin(kind) is dict:
        return {"type": _json_object, "metavar": "JSON"}
    option = {"type": kind, "metavar": "PATH" if kind is Path else kind.__name__.upper()}
    if kind in (int, float):
        option["type"] = _number(kind, name)
    return option | ({"nargs": "?"} if members and len(members) < len(get_args(hint)) else {})


def _number(kind: type, name: str) -> Callable[[str], int | float]:
    """Return what reads a number: a share, or a count, which only of some things may be 0."""
    low, high = (0, 1) if kind is float else (int(name not in _FROM_0), float("inf"))

    def read(text: str) -> int | float:
        """Return the number, or refuse it."""
        if not low <= (value := kind(text)) <= high:
            told = f"{low} to {high}" if kind is float else f"{low} or more"
            raise argparse.ArgumentTypeError(f"expected {told}, not {text}")
        return value

    read.__name__ = kind.__name__
    return read


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = parse_json(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("expected a JSON object")
    return value
