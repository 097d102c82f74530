"""The page that shows trainings while they run: readers of journals, a server, scripts."""
