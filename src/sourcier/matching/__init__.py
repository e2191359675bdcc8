"""Words of a need to activities of the nomenclature, explained. Pure Python."""
