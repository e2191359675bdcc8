"""Reading what the finance software exports: a sheet (`sheets`), its columns (`columns`), its lines (`lines`). Pure."""
