"""What tests stand on: every helper that is not a test."""
