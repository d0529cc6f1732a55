"""People and programs: registration, magic links, sessions and API keys."""
