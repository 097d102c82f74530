"""The command line of nncore."""
