"""The parts of an official document, read from its text."""
