"""Text of attached files, one module per format; the format is known by its bytes, never by the file's name."""

from pipeline.attachments.extractor import Extractor, extract

__all__ = ["Extractor", "extract"]
