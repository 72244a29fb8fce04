"""What a run will cost before it is started: hours, GPU hours, dollars, disk.

`jobs` reads the DAG from Snakemake's dry run, `sizes` and `work` say what each job has to do,
`rates` and `measured` how long that takes, `schedule` when all of it is done.
"""
