"""Answers, opening, comparison, choice and its reasons."""
