"""The one spider, driven by a Source."""
