"""What leaves with a dossier, to check it without this software."""
