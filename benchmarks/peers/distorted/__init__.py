"""The peers, each training on fresh distortions of every image."""
