"""Readers of the data that people have, and the writer of data/raw."""
