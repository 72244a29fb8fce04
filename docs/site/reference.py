"""Write what the documentation says of code from the code: keys, readers, tables, commands, rules.

Run as a script (`make docs`). Each part replaces what stands between its two markers in a page,
`<!-- made: NAME -->` and `<!-- end -->`. The JSON schema of the keys is for editors.
"""

import inspect
import io
import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from keys import json_schema, key_rows

from lahja import cli
from lahja.core import tables
from lahja.core.config.corpora import READER_OPTIONS

ROOT = Path(__file__).resolve().parents[2]
MEANINGS = yaml.safe_load((Path(__file__).parent / "meanings.yaml").read_text(encoding="utf-8"))


def _meanings(kind: str, names: Iterable[str]) -> dict[str, str]:
    """Return the meanings of a kind of names, after checking that they are those of the code."""
    known, wanted = MEANINGS[kind], set(names)
    if wanted != set(known):
        differ = ", ".join(sorted(wanted ^ set(known)))
        sys.exit(f"docs/site/meanings.yaml: {kind} differ from the code's: {differ}")
    return known


def _table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ([cell.replace("|", r"\|") for cell in row] for row in rows)
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def keys() -> str:
    """Return a table of the configuration's keys."""
    return _table(["key", "type", "default", "meaning"], key_rows())


def schema() -> str:
    """Return the JSON schema of a configuration file, each section on a line of its own."""
    whole = json_schema()
    definitions = sorted(whole.pop("$defs").items())
    lines = ",\n".join(f"{json.dumps(n)}: {json.dumps(each)}" for n, each in definitions)
    return f'{json.dumps(whole)[:-1]},\n"$defs": {{\n{lines}\n}}}}\n'


def readers() -> str:
    """Return a table of the readers with their options and defaults."""
    layouts, definitions = _meanings("readers", READER_OPTIONS), json_schema()["$defs"]
    rows = []
    for name, kind in sorted(READER_OPTIONS.items()):
        options = definitions[kind.__name__].get("properties", {})
        told = "<br>".join(f"`{key}`: {_option(value)}" for key, value in options.items())
        rows.append([f"`{name}`", layouts[name], told or "none"])
    return _table(["reader", "reads", "options"], rows)


def _option(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    shown = f" (default `{json.dumps(default)}`)" if default not in (None, {}) else ""
    values = [part.get("enum", []) for part in schema.get("anyOf", [schema])]
    choices = ", ".join(f"`{value}`" for found in values for value in found)
    text = schema.get("description", "").removesuffix(".")
    return text + (f": {choices}" if choices else "") + shown


def columns() -> str:
    """Return all tables that rules exchange, with the type and the meaning of every column."""
    schemas = {n: s for n, s in vars(tables).items() if isinstance(s, pa.Schema)}
    del schemas["SENTENCES"]
    places = _meanings("tables", schemas)
    told = _meanings("columns", (name for schema in schemas.values() for name in schema.names))
    found = re.findall(r"((?:^#.*\n)+)([A-Z_]+) = _schema", inspect.getsource(tables), re.M)
    comments = {name: " ".join(re.sub("^# ", "", text, flags=re.M).split()) for text, name in found}
    parts = []
    for name, schema in schemas.items():
        rows = [[f"`{f.name}`", _type(f.type), told[f.name]] for f in schema]
        head = [f"## {name.replace('_', ' ').capitalize()}", places[name], comments.get(name)]
        parts += [*filter(None, head), _table(["column", "type", "meaning"], rows)]
    return "\n\n".join(parts)


def _type(kind: pa.DataType) -> str:
    names = {"string": "text", "int64": "integer", "double": "number", "bool": "yes or no"}
    return f"list of {_type(kind.value_type)}s" if pa.types.is_list(kind) else names[str(kind)]


def commands() -> str:
    """Return the help of every command of `lahja`."""
    parts, os.environ["COLUMNS"] = [], "100"
    for name in cli.SUBCOMMANDS:
        with redirect_stdout(io.StringIO()) as shown, suppress(SystemExit):
            cli.main([name, "--help"])
        parts.append(f"## lahja {name}\n\n```text\n{shown.getvalue().strip()}\n```")
    return "\n\n".join(parts)


def targets() -> str:
    """Return the targets of the Makefile."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    return _table(["command", "does"], ([f"`make {name}`", told] for name, told in found))


def rules() -> str:
    """Return the workflow's rules with their first lines, by file."""
    rows, workflow = [], ROOT / "workflow"
    for path in re.findall(r'include: "(rules/.*)"', (workflow / "Snakefile").read_text("utf-8")):
        text = (workflow / path).read_text(encoding="utf-8")
        found = r'^rule (\w+):\n    """(.*?)"""|(?:^# ([^\n]*)\n)?^use rule (\w+) as (\w+)'
        for name, told, remark, base, other in re.findall(found, text, re.M | re.S):
            does = " ".join(told.split()) or remark
            does = does or f"As `{base}`, with other inputs and outputs."
            rows.append([f"`{name or other}`", f"`{Path(path).name}`", does])
    return _table(["rule", "file", "does"], rows)


PARTS = {part.__name__: part for part in (keys, readers, columns, commands, targets, rules)}


def filled(page: str) -> str:
    """Return a page with its parts made anew."""
    return re.sub(
        r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "config/README.md"]:
        text = path.read_text(encoding="utf-8")
        if text != (made := filled(text)):
            path.write_text(made, encoding="utf-8")
    (ROOT / "workflow/schemas/config.schema.json").write_text(schema(), encoding="utf-8")
