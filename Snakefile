"""lahja: from dialect corpora and an open LLM to a model that answers in the dialect asked for.

The includes below are the table of contents, in the order in which the stages run. Without
`--configfile` this is the paper's run; `--configfile config/demo.yaml` is the embedded demo.
"""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


# Scripts run with the interpreter that runs Snakemake, also where its environment is not
# activated; the rules say plainly `python`, so that moving an environment reruns nothing.
interpreter = Path(sys.executable).parent
os.environ.update(PATH=f"{interpreter}{os.pathsep}{os.getenv('PATH', os.defpath)}")
sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from lahja.configuration import resolve
from lahja.errors import LahjaError
from lahja.progress_line import show_beside

try:
    config = resolve(config)
except LahjaError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    dialect="[a-z]{3}",


include: "workflow/rules/common.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/environments.smk"
include: "workflow/rules/retrieve.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/scorers.smk"
include: "workflow/rules/small_models.smk"
include: "workflow/rules/sft.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/preferences.smk"
include: "workflow/rules/on_policy.smk"
include: "workflow/rules/ranked.smk"
include: "workflow/rules/dpo.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/mbr.smk"
include: "workflow/rules/operating_point.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/human.smk"


# Long jobs leave word there of how far they are, for `lahja progress` and the row on the screen.
PROGRESS = Path(WORK, "progress").absolute()
os.environ.update(LAHJA_PROGRESS=str(PROGRESS))


onstart:
    # A run that would want a paid server's answers in two days says now that it lacks the key.
    if missing := missing_keys(workflow.dag.needrun_jobs()):
        raise WorkflowError(f"set {', '.join(missing)}: generators of this run need them")
    # A logger plugin may draw on the screen itself; it has it for itself.
    if not workflow.output_settings.log_handler_settings:
        show_beside(PROGRESS)


rule all:
    """The report, the sheets for human evaluation, the scorers' agreement, the study if there is one."""
    default_target: True
    input:
        rules.build_report.output,
        rules.write_rating_sheets.output,
        rules.check_scorers.output if IS_CHECKED else [],
        rules.make_study.output if STUDY else [],
