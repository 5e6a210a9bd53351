"""The API: the same archive for programs, as JSON."""
