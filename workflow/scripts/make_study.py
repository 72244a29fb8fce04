"""Compare a study's rows: tables, answers and the plot of dialect against translation."""

from itertools import chain
from pathlib import Path

from lahja.core.command import run
from lahja.core.files import write_text
from lahja.core.settings import pick
from lahja.core.statistics import Resampling
from lahja.evaluation.metrics.evaluation import evaluate_models
from lahja.evaluation.metrics.slices import ALL
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.charts import save_picture
from lahja.report.formats import to_markdown, write_table_files
from lahja.report.logs import costs_table
from lahja.report.study import Study, find, study_rows, study_tables, verdict
from lahja.report.tradeoff import study_chart
from lahja.scoring.translation import load_spbleu


def main(scores: Path, steps: dict, benchmarks: Path, settings: dict, output: Path) -> None:
    """Write tables of each corpus as CSV, Parquet and LaTeX, `study.md`, and the picture `changes`.

    Of several corpora there are tables of all sentences together besides, named "all". STEPS has
    what each row takes beyond its start, and BENCHMARKS what the jobs took.

    Settings: rows ([name, models] in their order), start, baseline, recipe and perhaps mbr (names
    of rows), those labelled in the picture, the tables' note, corpora, resamples, confidence, seed,
    spbleu_model; left_out, a note on corpora.
    """
    rows = {name: tuple(models) for name, models in settings["rows"]}
    scored = read_scores(scores, [*dict.fromkeys(chain.from_iterable(rows.values()))])
    names = ("start", "baseline", "recipe", "confidence")
    study = Study(rows, **pick(settings, *names), mbr=settings.get("mbr"))
    model = settings["spbleu_model"]
    resampling = Resampling(settings["resamples"], settings["seed"])
    spbleu = load_spbleu(Path(model) if model else None)
    evaluations = evaluate_models(scored, resampling, spbleu)
    corpora = settings["corpora"]
    shown = [*corpora, ALL] if len(corpora) > 1 else corpora
    findings = [find(study, study_rows(study, evaluations, name), name) for name in shown]
    page, missing = [], []
    for found in findings:
        tables = study_tables(study, found)
        page.append(verdict(study, found, tables[0]))
        for table in tables:
            table.notes.extend(filter(None, [settings["note"], settings.get("left_out")]))
            write_table_files(table, output)
            numbers = [column.key for column in table.columns if column.digits is not None]
            if table.rows[numbers].notna().any(axis=None):
                page.append(to_markdown(table))
            else:
                missing.append(f"{table.caption}: missing, {' '.join(table.notes)}\n")
        costs = costs_table({row: steps[row] for row in rows}, benchmarks, len(scored[0]))
    write_table_files(costs, output)
    write_text(output / "study.md", "\n".join([*page, *missing, to_markdown(costs)]))
    picture = study_chart(study, findings[: len(corpora)], settings.get("labelled", ()))
    save_picture(picture, "changes", output)


if __name__ == "__main__":
    run(main)
