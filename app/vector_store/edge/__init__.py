"""Qdrant Edge: the engine in the process."""
