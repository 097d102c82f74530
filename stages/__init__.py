"""The pipeline's stages: each reads parameters and files, calls nncore and writes files.

Importing this package pins the numerical environment. It comes before NumPy, because the
libraries beneath read it only once, while they are loaded.
"""

import sys

from nncore.signals import exit_on_signals

# So Python calls a program while it imports the package of `python -m stages.train`.
if sys.argv[0] == "-m":
    exit_on_signals()

from stages.numerics import pin

pin()
