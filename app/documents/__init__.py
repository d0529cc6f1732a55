"""The knowledge base: documents put in, ingested, replaced, taken out."""
