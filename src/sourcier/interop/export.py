"""One table, four formats: what « Exporter » offers on every list."""

from datetime import datetime

from sourcier.interop.tables import Table

FORMATS: dict[str, tuple[str, str]] = {
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ods": ("LibreOffice", "application/vnd.oasis.opendocument.spreadsheet"),
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "pdf": ("PDF", "application/pdf"),
}


def export(table: Table, form: str, author: str, at: datetime) -> tuple[bytes, str]:
    """`(content, media type)` of the table in one of `FORMATS`. Raises `KeyError` for another."""
    # Half a second of libraries that no other command or page needs.
    from sourcier.interop.pdf import pdf
    from sourcier.interop.spreadsheets import csv_file, ods, xlsx

    media_type = FORMATS[form][1]
    match form:
        case "xlsx":
            return xlsx(table), media_type
        case "ods":
            return ods(table), media_type
        case "csv":
            return csv_file(table), media_type
        case _:
            return pdf(table, author, at), media_type
