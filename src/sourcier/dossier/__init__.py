"""Proof to take away: the ZIP that an auditor checks offline."""
