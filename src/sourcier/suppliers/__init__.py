"""The firms we know more about: contacts with their source, wishes, corrections."""
