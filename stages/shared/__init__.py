"""Modules that several stage programs share."""
