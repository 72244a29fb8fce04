"""What a run costs before it is started: `jobs` from Snakemake, `rates` of a machine, `work`."""
