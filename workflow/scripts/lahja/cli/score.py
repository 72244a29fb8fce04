"""Score texts as AL-QASIDA does: ALDi, P(country), ADI2, ADI2 macro, chrF, chrF++, spBLEU.

TEXTS is a table (.csv, .tsv, .parquet), JSON Lines (.jsonl), or a folder of AL-QASIDA's output
files in either of its layouts. A table needs a column `response` and the variety asked for
(`target_variety`, or --target for all rows); `reference`, `source`, `source_variety`, `task`,
`corpus`, `model`, `prompt_id` are used where they are there. --columns '{"response": "output"}'
says what the table calls them.

ALDi and ADI2 come from three scorers (--scorers FOLDER with aldi/, country/ and language/ in it,
or each by itself, as a folder or as owner/name@commit on the hub), or with --recorded from the
scores that stand beside the texts. What cannot be had is reported as missing, with the reason.

Writes into --output: sentences (CSV, Parquet), metrics with 95% intervals and signatures,
comparisons (with --against), scoreboards (CSV, Parquet, LaTeX, SVG, PNG), and under al-qasida/
that benchmark's own _samples.csv and _metrics.csv, so that its analysis code reads them.
"""

from pathlib import Path

import pandas as pd

from lahja.alqasida.writing import write_outputs
from lahja.errors import LahjaError
from lahja.files import atomic_path, write_text
from lahja.metrics.evaluation import (
    Evaluation,
    check_same_prompts,
    comparisons_table,
    evaluate_model,
    metric_signatures,
    metrics_table,
)
from lahja.metrics.slices import ALL
from lahja.metrics.translation import load_spbleu
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.drawing import draw_bars
from lahja.reporting.latex import to_latex
from lahja.reporting.scoreboard import scoreboard_figures, scoreboard_tables
from lahja.reporting.style import styles
from lahja.reporting.text import to_text
from lahja.scoring.sentences import scorer_folders, sentence_scores
from lahja.scoring.texts import has_recorded_scores, read_texts
from lahja.statistics import Resampling
from lahja.tables import COMPARISONS, METRICS, SENTENCE_SCORES, write_table


def main(
    texts: Path,
    /,
    *,
    output: Path,
    target: str | None = None,
    source: str | None = None,
    columns: dict | None = None,
    recorded: bool = False,
    scorers: Path | None = None,
    aldi: str | None = None,
    country: str | None = None,
    language: str | None = None,
    spbleu_model: Path | None = None,
    spbleu_download: bool = False,
    against: str | None = None,
    genres: dict | None = None,
    resamples: int = 1000,
    seed: int = 42,
    batch: int = 64,
) -> None:
    """Read the texts, score them, write everything into `output` and print the scoreboards."""
    given = {"target_variety": target, "source_variety": source}
    rows = read_texts(texts, columns or {}, {k: v for k, v in given.items() if v})
    folders = scorer_folders(scorers, aldi=aldi, country=country, language=language)
    if recorded and folders is not None:
        raise LahjaError("--recorded takes the scores beside the texts: give no scorers with it")
    if recorded and not has_recorded_scores(rows):
        raise LahjaError(f"{texts}: --recorded needs aldi and p_country in every row")
    if folders is None and not recorded:
        # Nothing is taken for ADI2 that was not asked for.
        rows = rows.drop(columns=[c for c in ("aldi", "p_country", "p_region") if c in rows])
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    scores = sentence_scores(rows, folders, spbleu, batch)
    resampling = Resampling(resamples, seed)
    evaluations = {
        name: evaluate_model(part.reset_index(drop=True), resampling, spbleu)
        for name, part in scores.groupby("model", sort=True)
    }
    signatures = metric_signatures(spbleu, _scorer_names(recorded, folders))
    metrics = metrics_table(evaluations.values(), 0.95, signatures)
    _write_tables(scores, metrics, output)
    if against is not None:
        _compare(scores, evaluations, against, output)
    tables = scoreboard_tables(metrics, signatures)
    for table in tables:
        write_artifact(table, output / "scoreboard")
        write_text(output / "scoreboard" / f"{table.name}.tex", to_latex(table))
    for figure in scoreboard_figures(metrics):
        draw_bars(figure, styles(evaluations), output / "scoreboard")
    write_outputs(rows, scores, spbleu, resampling, genres or {}, output / "al-qasida")
    print("\n\n".join(map(to_text, tables)))
    for reason in _reasons(metrics):
        print(reason)
    print(f"written: {output}")


def _scorer_names(recorded: bool, folders: object) -> str:
    if recorded:
        return "scorers:recorded"
    return "scorers:none" if folders is None else f"scorers:{folders}"


def _write_tables(scores: pd.DataFrame, metrics: pd.DataFrame, output: Path) -> None:
    for name, frame, schema in (
        ("sentences", scores, SENTENCE_SCORES),
        ("metrics", metrics, METRICS),
    ):
        write_table(output / f"{name}.parquet", frame, schema)
        with atomic_path(output / f"{name}.csv") as draft:
            frame.to_csv(draft, index=False)


def _compare(
    scores: pd.DataFrame, evaluations: dict[str, Evaluation], against: str, output: Path
) -> None:
    if against not in evaluations:
        names = " ".join(evaluations)
        raise LahjaError(f"--against {against}: no such model among the texts ({names})")
    check_same_prompts(part for _, part in scores.groupby("model", sort=True))
    baselines = {name: against for name in evaluations if name != against}
    compared = comparisons_table(evaluations, baselines, 0.95)
    write_table(output / "comparisons.parquet", compared, COMPARISONS)
    with atomic_path(output / "comparisons.csv") as draft:
        compared.to_csv(draft, index=False)


def _reasons(metrics: pd.DataFrame) -> list[str]:
    missing = metrics[metrics["reason"].notna() & (metrics["corpus"] == ALL)]
    pairs = dict.fromkeys(zip(missing["metric"], missing["reason"], strict=True))
    return [f"{metric} is missing: {reason}" for metric, reason in pairs]
