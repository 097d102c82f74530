"""`python -m benchmarks.growth`."""

import sys

if __name__ == "__main__":
    if sys.platform != "linux":
        raise SystemExit(f"growth: expected Linux, whose /proc it reads, got {sys.platform}")
    from benchmarks.growth.growth import main

    main()
