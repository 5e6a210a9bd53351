"""Text of attached files, one module per format."""
