"""Emails: plain texts, sent through an SMTP server."""
