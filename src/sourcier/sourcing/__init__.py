"""Asking the market: panel, request, invitations, questions and answers, deadline."""
