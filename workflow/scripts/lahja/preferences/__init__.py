"""Preference pairs past the paper's: gated, in balanced directions, with hard negatives.

`gated` keeps what the gates let through; `sentences` holds the training data's parallel sentences;
`preferred` puts a prompt and its chosen answer together; `negatives`, `changed_numbers` and
`hardness` find the rejected one; `directions` meets the shares; `forming` is what a script calls.
The paper's own pairs are in `lahja.pairs`.
"""
