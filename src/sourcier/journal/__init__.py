"""What happened, provably: one append-only Merkle tree per organisation, a chain per operation."""
