"""Pages for anyone: notices, legal pages."""
