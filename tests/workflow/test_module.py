"""lahja as a module of another Snakefile, in another folder."""

import re

import pytest

from tests.workflow.conftest import Checkout

pytestmark = pytest.mark.workflow

SNAKEFILE = """
configfile: "{checkout}/config/config.yaml"
configfile: "{checkout}/config/demo.yaml"


module lahja:
    snakefile:
        "{checkout}/workflow/Snakefile"
    config:
        config


use rule * from lahja as lahja_*


onstart:
    lahja.onstart()


rule send_page:
    default_target: True
    input:
        rules.lahja_build_report.output.page,
    output:
        "page.html",
    shell:
        "cp {{input}} {{output}}"
"""


@pytest.fixture
def other(root, tmp_path):
    """Another workflow's folder, whose Snakefile uses the checkout's."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(checkout=root), encoding="utf-8")
    return Checkout(tmp_path)


def test_another_snakefile_plans_lahjas_jobs_before_its_own(root, other):
    done = other.snakemake("--dry-run", "--printshellcmds", "--cores", "2")
    assert done.returncode == 0, done.stdout
    rules = set(re.findall(r"^(?:local)?rule (\w+):", done.stdout, re.MULTILINE))
    assert {"send_page", "lahja_expand_demo_corpora", "lahja_train_dpo"} <= rules
    assert {name for name in rules if not name.startswith("lahja_")} == {"send_page"}
    # What is lahja's own is found in its checkout, and results belong to the other folder.
    scripts = re.findall(r"python (\S+\.py)", done.stdout)
    assert scripts
    assert all(path.startswith(f"{root}/workflow/scripts/") for path in scripts)
    assert "--output results/demo/report/index.html" in done.stdout


def test_its_jobs_run_and_write_into_the_other_folder(root, other):
    table = "results/demo/data/corpora/demo-madar.parquet"
    done = other.snakemake("--cores", "1", "--", table)
    assert done.returncode == 0, done.stdout
    assert (other.folder / table).exists()
    # `onstart` ran: it writes the configuration that the report records.
    assert list((other.folder / "results/demo").rglob("config.json")), done.stdout


def test_a_workflow_that_includes_nothing_else_runs_from_any_folder(root, tmp_path):
    config = ("--configfile", f"{root}/config/demo.yaml")
    done = Checkout(tmp_path).snakemake(
        "--dry-run", "--snakefile", f"{root}/workflow/Snakefile", *config, "--cores", "2"
    )
    assert done.returncode == 0, done.stdout
    assert "write_rating_sheets" in done.stdout


def test_no_rule_finds_lahjas_files_from_the_current_folder_alone(root):
    for path in sorted((root / "workflow/rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r'^.*"[^"\n]*\b(?:workflow/scripts|workflow/report)\b.*$', text, re.M)
        wrong = [
            line for line in found if "{here}" not in line and "parameters.content" not in line
        ]
        assert not wrong, f"{path.name}: write {{scripts}} or {{here}}: {wrong}"
