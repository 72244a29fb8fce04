"""What a run costs before it is started: `jobs` from Snakemake, and their `work`."""
