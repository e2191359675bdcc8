"""The file of a year for the audit chamber: tables of what was spent, chosen and decided, taken and verified like a dossier."""
