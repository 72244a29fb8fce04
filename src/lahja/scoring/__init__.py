"""What is said of a text: its dialectness, its country, its language."""
