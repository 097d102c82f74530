"""The parts of `tools/verify.py`. They need the standard library and DVC, and nothing else."""
