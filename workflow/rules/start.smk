"""What happens before the first job: keys are asked for, and changes of versions are told."""

import json

from lahja.core.changes import PlannedJob, start_run, versions
from lahja.core.files import write_text
from lahja.core.gemma import TERMS, missing_packages

# Long jobs write their progress there, for `lahja progress`.
os.environ.update(LAHJA_PROGRESS=str(Path(paths.state, "progress").absolute()))


onstart:
    due = set(workflow.dag.needrun_jobs())
    asked = {name for job in due if (name := job.wildcards.get("generator"))}
    # A run that would want a paid server's answers in two days says now that it lacks the key.
    if missing := parameters.missing_keys(asked):
        raise WorkflowError(f"set {', '.join(missing)}: generators of this run need them")
    if paths.gemma:
        logger.info(f"lahja: {', '.join(paths.gemma)}: {TERMS}")
    is_assembled = any(job.rule.name.endswith("assemble_gemma") for job in due)
    if is_assembled and (missing := missing_packages()):
        raise WorkflowError(missing)
    # A rule's command could not hold it: the system takes 128 KiB. Tables have models in its order.
    write_text(Path(paths.resolved), json.dumps(config, ensure_ascii=False))
    jobs = [
        PlannedJob(job.rule.name, tuple(json.loads(job.params.get("code", "{}"))), job in due)
        for job in workflow.dag.jobs
    ]
    packages = versions([Path(checkout, "envs", f"{paths.vllm_lock}.txt")])
    for line in start_run(Path(paths.state, "made_with.json"), packages, jobs):
        logger.info(f"lahja: {line}")
