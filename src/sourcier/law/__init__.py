"""Dated rules of French public purchasing, as data with their articles. Pure Python."""
