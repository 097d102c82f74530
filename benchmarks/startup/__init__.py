"""Imports, starts and idle runs."""
