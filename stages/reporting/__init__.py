"""Reports on each form of data: the pictures and the page."""
