"""Office formats: tables to XLSX, ODS, CSV and PDF, and back."""
