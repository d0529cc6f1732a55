"""The OpenAI API, for its own clients: docs/decisions/0058-openai-clients.md."""
