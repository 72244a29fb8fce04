"""Audit preference pairs: which gate stops a pair, and why.

FILE holds pairs: our own table (.parquet), TRL's records (.jsonl, .json, .parquet; plain texts or
conversations) or LLaMA-Factory's ranking JSON. What a pair's prompt asks for is read from its
wording; columns target_variety (or dialect), reference, chosen_label and rejected_finish are used
where they are there.

It needs no model. --classifier FOLDER (a country scorer, or a dialect classifier of a run) labels
the chosen texts; --translator FOLDER (an NLLB, or a translating model of a run) translates them
back. A gate that cannot tell says "not computed" and why. --settings '{"echo": {"max_similarity":
0.8}}' departs from the gates' thresholds (config/README.md, preferences.gates).

--output FOLDER gets audit (CSV, Parquet: one row per pair) and verdicts (Parquet: one row per pair
and gate). --labels CSV (columns index, from 0, and defects, joined by semicolons, `none` for a
sound pair) prints recall per kind of defect, precision, the misses and the false stops.
"""

import os
from pathlib import Path

from lahja.core.config.base import parse
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.tables import AUDIT, VERDICTS, write_table
from lahja.corpora.readers import PreferencePair, read_preferences
from lahja.preferences.gates import audit
from lahja.report.formats import write_frame


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
    if threads:
        # Read when torch is imported, which is where a model is loaded.
        os.environ["OMP_NUM_THREADS"] = str(threads)
    found = list(read_preferences(file))
    pairs = [item for item in found if isinstance(item, PreferencePair)]
    for item in found:
        if not isinstance(item, PreferencePair):
            print(f"{file}:{item.line}: {item.reason}")
    if not pairs:
        raise LahjaError(f"{file}: holds no preference pairs")
    table, verdicts = audit.audit_pairs(
        pairs,
        parse(Gates, settings or {}),
        audit.load_classifier(classifier, batch) if classifier else None,
        audit.load_translator(translator, batch) if translator else None,
    )
    print(audit.summary(table, verdicts))
    if labels is not None:
        labelled = audit.with_defects(table, audit.read_labels(labels))
        print(f"\n{audit.comparison_report(labelled, verdicts)}")
    if output is not None:
        write_frame(table, output, "audit", AUDIT)
        write_table(output / "verdicts.parquet", verdicts, VERDICTS)
        print(f"\nwritten: {output}")
