"""Multi-layer perceptrons in plain NumPy.

Import from the modules, for instance ``from nncore.training import fit``; this file stays empty
so that a stage depends on the modules that it uses and on no others.
"""
