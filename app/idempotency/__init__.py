"""Requests that clients send again are answered once: docs/decisions/0019-idempotency.md."""
