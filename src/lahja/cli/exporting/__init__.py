"""What `lahja export` writes: weights, rows of datasets, and the cards beside them."""
