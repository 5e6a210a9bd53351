"""The engine of a cluster: an OpenSearch index behind an alias."""
