"""Direct purchases: small ones, from one firm, recorded in one screen without asking any.

Nouns: `DirectPurchase`. Verbs: record, cancel, ask others (it becomes a need, and nothing is bought).
Invariants: below the city's amount, and below the law's limit for the whole family; a reason of the law; a page sent twice
makes one purchase; cancelled with a reason, never deleted. A request to one firm (`Sourcing.Kind.DIRECT`) is something else:
there, a firm is asked.
"""
