"""Tables of columns: from a file to numbers, categories and targets in data/raw."""
