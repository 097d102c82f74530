"""What the numbers, charts and controls of a page mean, and the buttons that show it."""
