"""Ranks, threads and workers."""
