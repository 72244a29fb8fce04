"""Score texts that did not come out of the workflow: read them, score them, show them."""
