#!/usr/bin/env bash
# Rows of tools.processors for this Debian's own NumPy on each BLAS library that is installed, and on
# MKL, which pip downloads into build. tools/other_system.sh calls it in the system that it builds.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
libraries=/usr/lib/$(uname -m)-linux-gnu

# Debian's NumPy comes before that of the environment, which has the other packages.
mkdir -p build/debian-numpy
ln -sfn /usr/lib/python3/dist-packages/numpy build/debian-numpy/numpy

# A row, after the name of NumPy's release and the library that it has loaded, which must lie in $2.
row() {
    export PYTHONPATH=$PWD/build/debian-numpy LD_LIBRARY_PATH=$2
    "$python" - <<'LOADED'
import os

import numpy

numpy.ones((9, 9)) @ numpy.ones((9, 9))
with open("/proc/self/maps") as maps:
    files = {line.split()[-1] for line in maps if "/" in line}
names = ("blas", "blis", "mkl_rt")
loaded = sorted(f for f in files if any(n in os.path.basename(f).lower() for n in names))
print("NumPy", numpy.__version__, *loaded)
folders = [os.path.realpath(f) for f in os.environ["LD_LIBRARY_PATH"].split(":")]
if not any(os.path.dirname(f) in folders for f in loaded):
    raise SystemExit(f"other-blas: expected a library of {folders}, got {loaded}")
LOADED
    "$python" -m tools.processors --here "$1"
}
row "$1, NumPy on reference BLAS" "$libraries/blas"
row "$1, NumPy on BLIS" "$libraries/blis-openmp"
row "$1, NumPy on Debian's OpenBLAS" "$libraries/openblas-pthread"

unset PYTHONPATH LD_LIBRARY_PATH
if "$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest build mkl; then
    "$python" -m zipfile --extract build/mkl-*.whl build/mkl
    mkl=$(dirname "$(find "$PWD/build/mkl" -name 'libmkl_rt.so.*')")
    for name in libblas.so.3 liblapack.so.3; do
        ln -sfn "$mkl"/libmkl_rt.so.* "build/mkl/$name"
    done
    # Without Intel's own library of threads.
    export MKL_THREADING_LAYER=SEQUENTIAL
    row "$1, NumPy on MKL" "$PWD/build/mkl:$mkl"
else
    echo "other-blas: no MKL, which pip could not download"
fi
