"""The one spider, driven by a Source, and its walk over list pages."""
