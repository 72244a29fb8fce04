"""Preference pairs past the paper's: gated, in balanced directions, with hard negatives.

`gated` keeps what the gates let through; `sentences` holds the training data's parallel sentences;
`preferred` puts a prompt and its chosen answer together; `negatives` (with `changed_numbers`,
`dress` and `hardness`) makes texts to reject and `rejecting` chooses among them; `directions` meets
the shares; `forming` is what a script calls. The paper's own pairs are in `lahja.pairs`.
"""
