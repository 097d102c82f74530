"""Frozen settings that check themselves, without NumPy."""
