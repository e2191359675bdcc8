"""Pages of a firm: from a telephone, with no account."""
