"""Files by content: checked on arrival, written once, never changed.

Nouns: `File` (one stored document of an organisation). Verbs: `store` (what a person sends: inspected, renamed, cleaned) and
`store_bytes` (what the program made or fetched). Invariants: a stored path is the SHA-256 of its bytes; it is on disk, flushed,
before any row names it; it is never overwritten; no transaction is open meanwhile, so an action refused later leaves a file
that nothing names. The vault writes no journal entry of its own: the action that receives the file writes its facts in its
own, and vouches for its row.
"""
