"""The page of a model of tables, of classes or of numbers."""
