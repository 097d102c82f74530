"""The pipeline's stages: each reads parameters and files, calls nncore and writes files.

Importing this package pins the numerical environment. It comes before NumPy, because the
libraries beneath read it only once, while they are loaded.
"""

from stages.numerics import pin

pin()
