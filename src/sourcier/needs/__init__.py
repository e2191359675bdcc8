"""What is needed, in the words of a department, made precise.

Nouns: `Need` (its id is the operation's), places, lots, activities, messages. Verbs: start, save, set places and lots, tick
activities, submit, accept, send back, keep the rule of the day, close, say. Invariants: the department's sentence is its own, a
buyer never rewrites it; nothing is overwritten by who read an older version; every act leaves its entry.
"""
