"""Audit preference pairs: which gate stops a pair, and why.

FILE holds pairs (.parquet, .jsonl, .json): our own table, or records of TRL, LLaMA-Factory,
ms-swift, UltraFeedback or HH-RLHF, plain texts or conversations. What is asked for is read from the
wording of the prompt and of the turns before it; columns target_variety (or dialect), reference,
chosen_label and rejected_finish are used where they are there. A record that is no pair is named
and counted.

It needs no model. --classifier FOLDER (a country scorer, or a dialect classifier of a run) labels
the chosen texts; --translator FOLDER (an NLLB, or a translating model of a run) translates them
back. A gate that cannot tell says "not computed" and why. --settings '{"echo": {"max_similarity":
0.8}}' departs from the gates' thresholds (config/README.md, preferences.gates).

--output FOLDER gets audit (CSV, Parquet: one row per pair) and verdicts (Parquet: one row per pair
and gate). --labels CSV (columns index, from 0, and defects, joined by semicolons, `none` for a
sound pair) prints recall per kind of defect, precision, the misses and the false stops.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from pathlib import Path

import pandas as pd

from lahja.core.config.base import parse
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.tables import AUDIT, VERDICTS
from lahja.corpora.readers import PreferencePair, read_preferences
from lahja.preferences.gates import audit
from lahja.report.formats import written_frames

# Pairs that are judged at a time.
_CHUNK = 1024


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
    known = audit.read_labels(labels) if labels is not None else {}
    limits = parse(Gates, settings or {})
    models = (
        audit.load_classifier(classifier, batch) if classifier else None,
        audit.load_translator(translator, batch) if translator else None,
    )
    kept: list[tuple[pd.DataFrame, ...]] = []
    summary = audit.Summary()
    with ExitStack() as opened:
        writers = [opened.enter_context(writer) for writer in _writers(output)]
        for tables in _audited(file, limits, models, summary):
            for write, table in zip(writers, tables, strict=False):
                write(table)
            if known:
                kept.append(tuple(own[own["index"].isin(known)] for own in tables))
        if not summary.n_pairs:
            first = "".join(f" (line {r.line}: {r.reason})" for r in summary.rejects[:1])
            raise LahjaError(f"{file}: holds no preference pairs{first}")
    for reject in summary.rejects:
        print(f"{file}:{reject.line}: {reject.reason}")
    print(summary)
    if known:
        table, verdicts = map(pd.concat, zip(*kept, strict=True))
        print(f"\n{audit.comparison_report(audit.with_defects(table, known), verdicts)}")
    if output is not None:
        print(f"\nwritten: {output}")


def _audited(
    file: Path, limits: Gates, models: tuple, summary: audit.Summary
) -> Iterator[tuple[pd.DataFrame, ...]]:
    """Yield AUDIT and VERDICTS of some pairs after others, and count them."""
    items = read_preferences(file)
    while chunk := [*islice(items, _CHUNK)]:
        pairs = [item for item in chunk if isinstance(item, PreferencePair)]
        rejects = [item for item in chunk if not isinstance(item, PreferencePair)]
        tables = audit.audit_pairs(pairs, limits, *models)
        summary.add(rejects, *tables)
        yield tables


def _writers(folder: Path | None) -> list[AbstractContextManager]:
    """Return what opens audit and verdicts to append to, nothing where there is no folder."""
    if folder is None:
        return []
    audited = written_frames(folder / "audit.parquet", AUDIT, folder / "audit.csv")
    return [audited, written_frames(folder / "verdicts.parquet", VERDICTS, None)]
