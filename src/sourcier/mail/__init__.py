"""Outbox with retries, and exchanges born elsewhere that were dropped in.

Nouns: `OutgoingMessage` (an e-mail to send), `FiledExchange` (a message, letter or call of another place), `Notice` (this
person was told of that once), `DueRun` (when each regular task last ran). Verbs: `enqueue`, `send_due`, `file_exchange`,
`run_due`. Invariants: a message is a row until a server took it or refused it for good; a dead worker loses nothing, and a
message perhaps sent twice keeps its Message-ID; a secret link rests encrypted, and only until it has left; logs hold no
personal data.
"""
