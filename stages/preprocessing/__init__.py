"""Preprocessing of each form of data: from data/raw to data/processed."""
