"""What an entry is made of, whoever writes or reads it."""

ENTRY_VERSION = 1
FIRST_PREV = "0" * 64
ORG_STREAM = "org"
SYSTEM_ACTOR = "0" * 32
