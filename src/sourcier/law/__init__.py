"""Dated rules of French public purchasing, as data with their articles. Pure Python.

`book` reads `data/rules.tsv` and gives the rules of a day; `advice.advise` says what they ask for one need.
A city is an « autre pouvoir adjudicateur »: the State's thresholds never appear here. Amounts are before tax, in cents.
A day that the book does not cover has no rule: « règle inconnue ce jour-là », never the last one known.
"""
