"""The read side of quotes. Nothing of an answer leaves it before the opening."""
