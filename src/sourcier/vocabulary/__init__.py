"""The words of a city: phrases that its head of purchasing gives to an activity, and what ticking suggests.

A phrase is typed, imported, or promoted from a suggestion by a person; it is retired, never deleted. A suggestion is what was
ticked for a need against its words: nothing is learned from it until somebody promotes it, and it names nobody.
"""
