"""The numerical environment is the parameter's, whatever the user's says, in every process."""

import json
import os
import platform

import pytest

from stages.shared import numerics

HOSTILE = {
    "BLIS_NUM_THREADS": "8",
    "MKL_CBWR": "COMPATIBLE",
    "MKL_NUM_THREADS": "8",
    "NNCORE_NATIVE_PROCESS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    "NPY_ENABLE_CPU_FEATURES": "X86_V4",
    "OMP_NUM_THREADS": "8",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "8",
    "PYTHONHASHSEED": "5",
}
# What a stage finds after `hold`, as JSON in its last line.
PROBE = """\
import json, os, sys
from stages.shared.numerics import reexec_for
reexec_for(sys.argv[1])
import numpy
from threadpoolctl import threadpool_info
(blas,) = [found for found in threadpool_info() if found["user_api"] == "blas"]
names = [name for name in os.environ if name.startswith(("BLIS", "MKL", "NPY", "OMP", "OPENBLAS"))]
print(json.dumps({
    "arguments": sys.argv[1:],
    "environment": {name: os.environ[name] for name in names},
    "kernels": blas["architecture"],
    "threads": blas["num_threads"],
}))
"""
THREADS = dict.fromkeys(
    ("BLIS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
KERNELS = {
    "MKL_CBWR": "AVX2,STRICT",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}
needs_avx2 = pytest.mark.skipif(not numerics.has_avx2(), reason="needs AVX2")


@pytest.fixture
def probe(stages):
    """Return a function that tells what a stage of a mode finds."""
    stages["probe.py"].write_text(PROBE, encoding="utf-8")

    def find(mode, *arguments, **environment):
        done = stages.execute("probe.py", mode, *arguments, **environment)
        assert (done.code, done.errors) == (0, "")
        return json.loads(done.output)

    return find


@needs_avx2
@pytest.mark.parametrize("environment", [{}, HOSTILE], ids=["empty", "hostile"])
def test_portable_sets_kernels_and_threads(probe, environment):
    assert probe("portable", **environment)["environment"] == THREADS | KERNELS


@pytest.mark.parametrize("environment", [{}, HOSTILE], ids=["empty", "hostile"])
def test_native_sets_the_threads_and_leaves_the_kernels_free(probe, environment):
    assert probe("native", **environment)["environment"] == THREADS


@needs_avx2
@pytest.mark.parametrize("environment", [{}, HOSTILE], ids=["empty", "hostile"])
def test_portable_loads_the_haswell_kernels(probe, environment):
    assert probe("portable", **environment)["kernels"] == "Haswell"


@pytest.mark.parametrize("environment", [{}, HOSTILE], ids=["empty", "hostile"])
@pytest.mark.parametrize("mode", ["native", "portable"])
def test_the_blas_has_one_thread(probe, mode, environment):
    assert probe(mode, **environment)["threads"] == 1


@pytest.mark.parametrize("mode", ["native", "portable"])
@pytest.mark.parametrize("before", ["native", "portable", "nonsense", ""])
def test_a_process_started_anew_has_its_own_arguments(probe, mode, before):
    arguments = ["--model", "two words", "", "*", "é", "--", "'\"\\"]
    assert probe(mode, *arguments, NNCORE_NATIVE_PROCESS=before)["arguments"] == [mode, *arguments]


@needs_avx2
def test_a_process_that_the_user_marked_native_is_portable_all_the_same(stages):
    """With its own number, which a shell or a container can know; and it is started anew once."""
    stages["probe.py"].write_text(PROBE, encoding="utf-8")
    mark = "import os, sys; os.environ['NNCORE_NATIVE_PROCESS'] = str(os.getpid()); "
    start = "os.execv(sys.executable, [sys.executable, 'probe.py', 'portable'])"
    stages["mark.py"].write_text(mark + start, encoding="utf-8")
    done = stages.execute("mark.py")
    assert json.loads(done.output)["kernels"] == "Haswell"


def test_the_threads_are_set_whatever_the_mode_that_came_before(probe):
    modes = ("native", "portable", "nonsense", "")
    assert all(probe("native", NNCORE_NATIVE_PROCESS=mode)["threads"] == 1 for mode in modes)


@pytest.fixture
def native(stages):
    """Return a folder whose parameters say native."""
    path = stages["params.yaml"]
    text = path.read_text(encoding="utf-8")
    path.write_text(f"numerics: native\n{text}", encoding="utf-8")
    return stages


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_native_says_so_in_one_line(native, stage):
    lines = native.complete(stage).output.splitlines()
    said = [line for line in lines if line.startswith("numerics: ")]
    assert said == ["numerics: native; the same bytes only on the same kind of processor"]


def test_native_takes_options_with_spaces(native):
    done = native.run("train", "--model", "two words/a model.npz")
    assert (done.code, native["two words/a model.npz"].is_file()) == (0, True)


@needs_avx2
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_portable_says_nothing_where_it_can_be_kept(stages, stage):
    assert "numerics" not in stages.complete(stage).output


def test_a_hostile_environment_changes_no_byte(stages, finished):
    for stage in ("train", "evaluate"):
        stages.complete(stage, **HOSTILE)
    assert stages.outputs() == finished.outputs()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
@pytest.mark.skipif(numerics.available_cores() < 2, reason="needs 2 cores")
def test_the_number_of_cores_changes_no_byte(stages, finished):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert numerics.available_cores() == 1
        stages.complete("train")
    finally:
        os.sched_setaffinity(0, cores)
    assert stages.outputs() == finished.outputs()
