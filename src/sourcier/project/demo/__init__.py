"""The demonstration: a city, its people, a purchase played through the real actions."""
