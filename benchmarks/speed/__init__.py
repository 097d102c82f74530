"""Training speed, side by side."""
