# make help       this list
# make repro      the pipeline, from nothing to the report page
# make test       lint, types and the whole test suite
# make verify     runs the last commit twice from nothing and compares the bytes with the committed
#                 ones; docs/verify.md, also for other DVC pipelines
# make sweep      many settings and seeds of the network: docs/sweeps.md
# make watch      a page that shows trainings while they run: docs/watch.md
# make diagnose   why the network does not learn: docs/diagnose.md
# make recipes    published networks on full MNIST, 70 minutes: docs/recipes.md
# make best       the same networks and two further ones with settings of our own
# make committee  the mean of five networks of different seeds
#
# The targets above, except help, set up .venv themselves. By hand:
# make environment      the packages that the pipeline needs
# make environment-dev  all packages: for tests, sweeps, MPI, ONNX and scikit-learn
# make clean            removes .venv, .venv-bench, build and the caches of mypy, pytest and Ruff
#
# For those who change the code; most are slower:
# make docs          the pages of docs and the reference as a site, build/docs/docs/index.html
# make fuzz          three million hostile files: docs/fuzzing.md
# make kills         training killed at 200 random moments, and the whole pipeline at 500 (half an hour)
# make seeds         five of the recipes at three seeds each, or ten, and two improved ones at ten
# make kernels       the same bytes with any BLAS kernel, threads and NumPy's instructions; other ones
#                    in plain floating point
# make processors    the same bytes on other processors, emulated, with other kernels, Pythons and
#                    NumPys (needs Debian's qemu-user; half an hour)
# make arm           the whole pipeline on an AArch64 processor, emulated (needs Debian's qemu-user;
#                    half an hour)
# make other-system  make verify on another Debian release, and its NumPy on other BLAS libraries
#                    (needs root and debootstrap)
# make bench         side by side with PyTorch, JAX and scikit-learn, in build/benchmarks
# make tables        networks for tables beside scikit-learn's estimators: docs/tables.md (half an hour)
# make growth        cost from 60 thousand to 4 million images, in build/benchmarks (16 GB of disk,
#                    13 GB of memory, about 10 minutes)
# make millions      8 million images, distorted copies of MNIST (13 GB of disk, 14 GB of memory,
#                    about 10 minutes)
# make scaling       a step of several ranks beside one of threads, on one host and, with a cable of
#                    1, 3 and 10 Gbit/s between them, two (needs root)

PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help repro test docs verify watch diagnose sweep recipes best committee seeds arm processors kernels other-system kills fuzz bench tables growth millions scaling environment environment-dev clean

repro: environment
	@python -m stages.repair
	dvc repro
	@printf '\ntest accuracy '; sed -n 's/^ *"accuracy": \(.*\),/\1/p' reports/test.json
	@printf 'metrics   reports/test.json  reports/train.json   (dvc metrics show reports/test.json)\n'
	@printf 'page      reports/report.html, to open in a browser\n'
	@printf 'pictures  reports/*.png\nmodel     models/model.npz\n'

# The comment above, up to the first empty line.
help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

sweep: environment-dev
	@python -m stages.repair
	dvc repro preprocess
	dvc --cd sweep repro

# Exit code 130: Ctrl-C, which ends it. Without the trap it would end the shell, too.
watch: environment
	@trap : INT; python -m stages.watch || test $$? -eq 130

# Exit code 3: it has printed findings.
diagnose: environment
	@python -m stages.repair
	@dvc repro --quiet preprocess
	@python -m stages.diagnose || test $$? -eq 3

recipes: environment
	@python -m stages.repair
	dvc repro sources
	dvc --cd recipes repro
	@printf '\nleaderboard  recipes/leaderboard.md  recipes/leaderboard.png\n'

best: environment
	@python -m stages.repair
	dvc repro sources
	dvc --cd recipes/best repro leaderboard
	@printf '\nleaderboard  recipes/best/leaderboard.md  recipes/best/leaderboard.png\n'

committee: environment
	@python -m stages.repair
	dvc repro sources
	dvc --cd recipes/best repro committee

test: environment-dev
	ruff check
	ruff format --check
	mypy
	pytest

docs: environment-dev
	sphinx-build --quiet --fail-on-warning -c docs . build/docs
	@echo build/docs/docs/index.html

verify: environment
	@python -m tools.verify --strict --timeout 1800

arm processors kernels seeds: environment
	@python -m tools.$@

other-system:
	@tools/other_system.sh

fuzz: environment-dev
	rm -f fuzz.jsonl
	FUZZ=4200 FUZZ_RECORD=fuzz.jsonl pytest tests/fuzz
	@cat fuzz.jsonl

kills: environment-dev
	rm -f kills.txt
	KILLS=200 REPRO_KILLS=500 KILLS_RECORD=kills.txt \
	pytest tests/pipeline/test_kill.py tests/pipeline/test_repro_kills.py -k again_and_again
	@sort kills.txt | uniq -c

# NNCORE_MIRROR names a source of MNIST; BENCH holds options, see benchmarks/speed/compare.py. What
# `python -m benchmarks.publish` keeps of it is benchmarks/RESULTS.md.
bench: .venv-bench/installed
	.venv-bench/bin/python -m benchmarks.speed.compare $(BENCH)
	.venv-bench/bin/python -m benchmarks.accuracy
	.venv-bench/bin/python -m benchmarks.startup.startup_time
	.venv-bench/bin/python -m benchmarks.speed.classifiers

tables: environment-dev
	python -m benchmarks.tables

# GROWTH holds options, see benchmarks/growth/growth.py.
growth: environment
	python -m benchmarks.growth $(GROWTH)

# Kept as bytes: as float32 they would be 25 GB.
millions: environment
	@python -m stages.repair
	dvc repro sources
	dvc --cd recipes repro fetch@mnist
	python -m benchmarks.growth --name millions --images 60000 8000000 --rounds 1 \
	--dtype uint8 --distort recipes/data/raw/mnist $(GROWTH)

scaling: environment-dev
	@mkdir -p build
	@for ranks in 2 4; do mpiexec -n $$ranks python -m tools.scaling; done >build/scaling.jsonl
	@for rate in 1 3 10; do WHERE="$$rate Gbit/s" tools/two_hosts.sh --rate $${rate}gbit \
	sh -c '$$NNCORE_LAUNCH python -m tools.scaling'; done >>build/scaling.jsonl
	@python -m benchmarks.scaling build/scaling.jsonl

# An environment of its own: the libraries compared are large. Editable, so that nncore is this one.
.venv-bench/installed: pyproject.toml
	rm -rf .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
	--editable '.[pipeline,bench]'
	@touch $@

# Both install exact versions and check their hashes: what the pipeline needs, or everything.
environment:
	@$(PYTHON) tools/install.py requirements.lock

environment-dev:
	@$(PYTHON) tools/install.py requirements-dev.lock

clean:
	rm -rf $(VENV) .venv-bench build .mypy_cache .pytest_cache .ruff_cache
