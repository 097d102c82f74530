"""Journals: what a running training writes for those who watch it."""
