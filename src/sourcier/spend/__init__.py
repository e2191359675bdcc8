"""Families of purchases and what was committed in them.

`Family` is a line of the city's nomenclature; `Commitment` is money engaged on a day, before tax, written by a choice.
Invariants: a choice commits once; a total is the sum of the commitments of a family over a calendar year, never typed.
`data/families.tsv` is a starting nomenclature of ours: code, label, kind, CPV (8 digits), activities of NAF rév. 2.
"""
