"""PostgreSQL, whose locks let foreign keys be checked."""
