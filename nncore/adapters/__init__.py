"""Adapters for other libraries. scikit-learn and ONNX are optional extras."""
