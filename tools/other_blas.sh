#!/usr/bin/env bash
# Rows of tools.processors for this Debian's own NumPy on each BLAS library that is installed, and on
# MKL, which pip downloads into build. tools/other_system.sh calls it in the system that it builds.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
libraries=/usr/lib/$(uname -m)-linux-gnu

# Debian's NumPy comes before that of the environment, which has the other packages.
mkdir -p build/debian-numpy build/mkl/blas
ln -sfn /usr/lib/python3/dist-packages/numpy build/debian-numpy/numpy
export PYTHONPATH=$PWD/build/debian-numpy
"$python" -m pip install --quiet --disable-pip-version-check --target build/mkl --upgrade mkl ||
    echo "other-blas: MKL could not be had"
for name in libblas.so.3 liblapack.so.3; do
    ln -sfn "$(find "$PWD/build/mkl" -name 'libmkl_rt.so.*' | head -n 1)" "build/mkl/blas/$name"
done
# Without Intel's own library of threads.
export MKL_THREADING_LAYER=SEQUENTIAL

row() {
    export LD_LIBRARY_PATH=$2
    "$python" - <<'LOADED'
import numpy

numpy.ones((9, 9)) @ numpy.ones((9, 9))
with open("/proc/self/maps") as maps:
    files = {line.split()[-1] for line in maps if "/" in line}
names = ("blas", "blis", "mkl_rt")
print("NumPy", numpy.__version__, *sorted(f for f in files if any(n in f.lower() for n in names)))
LOADED
    "$python" -m tools.processors --here "$1"
}
row "$1, NumPy on reference BLAS" "$libraries/blas"
row "$1, NumPy on BLIS" "$libraries/blis-openmp"
row "$1, NumPy on Debian's OpenBLAS" "$libraries/openblas-pthread"
row "$1, NumPy on MKL" "$PWD/build/mkl/blas:$PWD/build/mkl/lib"
