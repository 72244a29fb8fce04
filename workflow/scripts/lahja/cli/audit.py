"""Audit preference pairs: which gate stops a pair, and why.

FILE holds pairs: our own table (.parquet), TRL's records (.jsonl, .json, .parquet; plain texts or
conversations) or LLaMA-Factory's ranking JSON. What a pair's prompt asks for is read from its
wording; columns target_variety (or dialect), reference, chosen_label and rejected_finish are used
where they are there.

It needs no model. --classifier FOLDER (a country scorer, or a dialect classifier of a run) labels
the chosen texts; --translator FOLDER (an NLLB, or a translating model of a run) translates them
back. A gate that cannot tell says "not computed" and why. --settings '{"echo": {"most_likeness":
0.8}}' departs from the gates' thresholds (config/README.md, preferences.gates).

--output FOLDER gets audit (CSV, Parquet: one row per pair), verdicts (Parquet: one row per pair and
gate) and audit.jsonl (per pair what was asked and all verdicts). --labels CSV (columns index, from
0, and defects, joined by semicolons, `none` for a sound pair) prints recall per kind of defect,
precision, the misses and the false stops.
"""

from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import atomic_path, write_jsonl
from lahja.gates.auditing import (
    Audited,
    as_json_lines,
    audit_pairs,
    audit_table,
    summary,
    verdicts_table,
)
from lahja.gates.labels import compare, read_labels, report
from lahja.gates.models import load_classifier, load_translator
from lahja.gates.settings import parse_gate_settings
from lahja.readers import PreferencePair, read_preferences
from lahja.tables import AUDIT, VERDICTS, write_table


def main(
    file: Path,
    /,
    *,
    labels: Path | None = None,
    classifier: Path | None = None,
    translator: Path | None = None,
    output: Path | None = None,
    settings: dict | None = None,
    batch: int = 64,
    threads: int | None = None,
) -> None:
    """Print a summary, write the verdicts, and compare them with labels where they are given."""
    found = list(read_preferences(file))
    pairs = [item for item in found if isinstance(item, PreferencePair)]
    refused = [item for item in found if not isinstance(item, PreferencePair)]
    for reject in refused:
        print(f"{file}:{reject.line}: {reject.reason}")
    if not pairs:
        raise LahjaError(f"{file}: holds no preference pairs")
    audited = audit_pairs(
        pairs,
        parse_gate_settings(settings or {}),
        load_classifier(classifier, batch, threads) if classifier else None,
        load_translator(translator, batch, threads) if translator else None,
    )
    print(summary(audited))
    if labels is not None:
        print(f"\n{report(compare(audited, read_labels(labels)))}")
    if output is not None:
        _write(audited, output)
        print(f"\nwritten: {output}")


def _write(audited: list[Audited], output: Path) -> None:
    table = audit_table(audited)
    write_table(output / "audit.parquet", table, AUDIT)
    write_table(output / "verdicts.parquet", verdicts_table(audited), VERDICTS)
    write_jsonl(output / "audit.jsonl", as_json_lines(audited))
    lists = {name: table[name].map(";".join) for name in ("all_gates", "not_computed")}
    with atomic_path(output / "audit.csv") as draft:
        table.assign(**lists).to_csv(draft, index=False)
