"""`python -m benchmarks.growth`."""

from benchmarks.growth.growth import main

if __name__ == "__main__":
    main()
