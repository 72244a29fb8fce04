"""`python -m lahja` is the command `lahja`."""

from lahja.cli import main

main()
