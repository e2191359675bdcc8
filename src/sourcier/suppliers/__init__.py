"""The firms we know more about: contacts with their source, wishes, corrections.

Nouns: `Firm` (an establishment the city has met, copied once from the register), `Contact` (a way to reach it).
Verbs: meet; add, remove and import contacts; mark an address as failing; and what a firm says of itself:
do not write to me, this is no longer my trade, I have closed.
Invariants: one firm per SIRET and city; a firm that asked not to be written to stays so; every contact says where it
came from, when, and through whom.
"""
