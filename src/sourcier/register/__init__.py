"""Every establishment of France (INSEE, SIRENE), in read-only files beside the application database.

Nouns: establishment, commune, street, place, build (one import); FILE (DuckDB: every row)
and the folder FILE.<build>.arrays (numpy: what a search reads), which bears the id of its build.
Verbs: import a stock (`importing`), search around a place (`search.search`), find by SIRET, SIREN or name, find a place
(`places.place`, `geocoding.locate`), explain why an establishment is proposed (`scorers`).
Invariants: a file is never changed in place; an establishment that INSEE does not fully disclose is counted, never named,
never addressed; INSEE's masks `[ND]` never leave the import; no size and no popularity in any score.
"""
