"""A study: rows of models, each the mean of its seeds, against the start that they share."""
