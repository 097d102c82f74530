"""Stateless mathematics: activations, losses, schedules."""
