"""A dossier as a SEDA 2.3 transfer to the archives: `manifest.xml` and `Content/`, checked before it leaves."""
