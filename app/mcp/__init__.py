"""The knowledge base as tools of the Model Context Protocol: docs/decisions/0059-mcp.md."""
