"""Many trainings that differ in a few parameters, on as many processes as there are."""
