"""How long a training with fresh distortions of every image takes to an accuracy."""
