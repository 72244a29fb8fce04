"""Corpora on disk and on the web: fetched, read into tables, cleaned, split."""
