"""Figures: savings, new firms, spread of prices."""
