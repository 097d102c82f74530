"""Questions to a trained network: what it looks at, how it orders samples, what it withstands."""
