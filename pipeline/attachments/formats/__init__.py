"""One module a format: bytes to AttachmentText. They do not import one another; read.py chooses among them."""
