"""The page of a model of images, with a pad to draw on, a look inside, a lab and a map."""
