"""Retrieval: a question in, the passages that bear on it out."""
