"""One module per family of content management systems."""
