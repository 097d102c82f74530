"""The pipeline's stages: each reads parameters and files, calls nncore and writes files."""

import sys

from nncore.signals import exit_on_signals

# Python names a program "-m" while it imports the program's package.
if sys.argv[0] == "-m":
    exit_on_signals()
