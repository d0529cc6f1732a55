"""Embeddings: text to vectors."""
