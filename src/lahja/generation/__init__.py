"""Answering prompts: one interface, several backends, one store of answers."""
