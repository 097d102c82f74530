"""Sweeps: trainings that differ in a few parameters, on many processes."""
