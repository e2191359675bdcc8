"""Every establishment of France (INSEE, SIRENE), in one read-only DuckDB file beside the application database."""
