"""Training by several processes under MPI."""
