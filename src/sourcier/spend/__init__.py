"""Families of purchases and what was committed in them."""
