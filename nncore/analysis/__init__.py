"""Analyses of a trained network: attribution, importance, confidence, robustness, activations."""
