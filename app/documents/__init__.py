"""The knowledge base: ingestion, passages, and their retrieval."""
