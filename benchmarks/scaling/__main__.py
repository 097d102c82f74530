"""`python -m benchmarks.scaling`."""

from benchmarks.scaling.step_model import main

if __name__ == "__main__":
    main()
