"""The verbs of sourcing, in the order of a purchase."""
