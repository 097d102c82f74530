"""nncore and the libraries it is compared with, each in a process of its own."""
