"""The demo's corpora, and the small models that stand in for the hub's."""
