"""What notices have to do with one another: copies, citations, versions."""
