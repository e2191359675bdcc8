"""Pure values shared by every room: no Django, no I/O, no clock.

Siret and Siren, activities (always nomenclature + code), money in integer cents, French dates, distances,
canonical JSON (RFC 8785), Merkle hashing (RFC 9162), refusals and transition tables.
"""
