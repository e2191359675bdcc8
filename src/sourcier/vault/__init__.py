"""Files by content: checked on arrival, written once, never changed."""
