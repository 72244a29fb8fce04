"""Compare a study's rows: tables, answers and the plot of dialect against translation."""

from pathlib import Path

from lahja.command import run
from lahja.files import write_text
from lahja.metrics.evaluation import check_same_prompts, evaluate_model
from lahja.metrics.translation import load_spbleu
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.latex import to_latex
from lahja.reporting.markdown import to_markdown
from lahja.reporting.pareto import draw_pareto
from lahja.reporting.study import (
    answers_table,
    changes_table,
    faults_table,
    has_values,
    scores_table,
    spbleu_table,
    verdict_lines,
)
from lahja.statistics import Resampling
from lahja.study.answers import answer, changes
from lahja.study.rows import Study, study_rows
from lahja.tables import SENTENCE_SCORES, read_table


def main(scores: list[Path], settings: dict, output: Path) -> None:
    """Write the tables of each corpus as CSV, Parquet and LaTeX, `study.md` and `pareto.{svg,png}`.

    Settings: rows ([name, models] in their order), start, baseline and recipe (names of rows),
    corpora, resamples, confidence, seed, spbleu_model.
    """
    tables = [read_table(path, SENTENCE_SCORES) for path in scores]
    check_same_prompts(tables)
    rows_asked = {name: tuple(models) for name, models in settings["rows"]}
    study = Study(rows_asked, settings["start"], settings["baseline"], settings["recipe"])
    confidence, model = settings["confidence"], settings["spbleu_model"]
    resampling = Resampling(settings["resamples"], settings["seed"])
    spbleu = load_spbleu(Path(model) if model else None)
    found = {e.model: e for e in (evaluate_model(table, resampling, spbleu) for table in tables)}
    by_corpus = {corpus: study_rows(study, found, corpus) for corpus in settings["corpora"]}
    page = []
    for corpus, rows in by_corpus.items():
        changed = changes(study, rows)
        said = {name: answer(study, changed, name, confidence) for name in changed}
        shown = [
            answers_table(corpus, study, said),
            scores_table(corpus, rows, confidence),
            changes_table(corpus, study, changed, confidence),
            faults_table(corpus, rows, confidence),
            spbleu_table(corpus, rows, confidence),
        ]
        for table in shown:
            write_artifact(table, output)
            write_text(output / f"{table.name}.tex", to_latex(table))
        page += verdict_lines(corpus, study, changed, said, confidence)
        page += [to_markdown(table) for table in shown if has_values(table)]
        missing = [table for table in shown if not has_values(table)]
        page += [f"{table.caption}: missing, {' '.join(table.notes)}\n" for table in missing]
    write_text(output / "study.md", "\n".join(page))
    draw_pareto(study, by_corpus, confidence, output)


if __name__ == "__main__":
    run(main)
