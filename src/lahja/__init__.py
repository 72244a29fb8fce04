"""lahja: turn dialect corpora and an open LLM into a model that answers in dialect."""

__version__ = "0.1.0"
