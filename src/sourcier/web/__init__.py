"""Pages: city, firm, auditor, public."""
