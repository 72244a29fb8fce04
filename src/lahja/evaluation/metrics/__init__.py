"""Metrics as AL-QASIDA and sacreBLEU compute them."""
