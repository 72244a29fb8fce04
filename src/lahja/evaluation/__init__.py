"""Scores of models: prompts answered, metrics, comparisons, human ratings."""
