"""Preference pairs past the paper's, which are in `lahja.pairs`."""
