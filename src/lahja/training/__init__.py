"""Supervised and preference training."""
