"""Questions and answers: completion, retrieval-augmented answers, their streams and messages."""
