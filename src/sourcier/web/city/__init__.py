"""Pages of the city: one module per step of a purchase."""
