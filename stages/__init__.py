"""The pipeline's stages: each reads parameters and files, calls nncore and writes files.

Importing this package pins the numerical environment. It must come before NumPy, because the
libraries beneath read these variables only once, while they are loaded.
"""

import os

# One thread and one family of kernels: the bits of a matrix product depend on both.
os.environ.update(
    OPENBLAS_NUM_THREADS="1",
    OPENBLAS_CORETYPE="Haswell",
    NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR",
)
