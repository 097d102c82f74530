"""Measurements, side by side; each module is a program."""
