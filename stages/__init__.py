"""The pipeline's stages: each reads parameters and files, calls nncore and writes files.

Importing this package pins the numerical environment. It comes before NumPy, because the
libraries beneath read it only once, while they are loaded.
"""

import sys

from nncore.signals import exit_on_signals

# Python names a program "-m" while it imports the program's package.
if sys.argv[0] == "-m":
    exit_on_signals()

from stages.shared.numerics import pin_kernels

pin_kernels()
