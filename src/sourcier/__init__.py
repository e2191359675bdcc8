"""Sourcier: open sourcing for French public buyers."""
