"""Outbox with retries, and exchanges born elsewhere that were dropped in."""
