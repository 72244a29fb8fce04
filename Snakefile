"""The user's command: `snakemake` here runs `workflow/Snakefile`, whose target is `all`."""


include: "workflow/Snakefile"


# An include leaves the including file's own default target, which would be none.
workflow.default_target = "all"
