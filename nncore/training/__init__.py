"""Training: steps, optimizers, epochs, checkpoints."""
