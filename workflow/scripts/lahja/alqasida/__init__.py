"""Against AL-QASIDA: whether our scores are its scores, and its files with our scores."""
