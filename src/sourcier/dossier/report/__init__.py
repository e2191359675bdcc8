"""The report of a dossier: a PDF/A-3a made by typst from the entries alone."""
