"""The index: vectors and BM25 in Qdrant, in the process or on a server."""
