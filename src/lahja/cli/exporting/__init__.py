"""What `lahja export` writes: files of weights or of a dataset's rows, and a card beside them."""
