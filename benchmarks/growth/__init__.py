"""Cost against the number of images."""
