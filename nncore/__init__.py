"""Multi-layer perceptrons in plain NumPy.

Import from the modules, for instance ``from nncore.training.loop import fit``. This file imports
nothing, so that a stage depends only on the modules that it uses.
"""
