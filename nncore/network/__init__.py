"""The network: its parameter vector, propagation and regularization."""
