"""The report page: one HTML file that contains everything and loads no other file."""
