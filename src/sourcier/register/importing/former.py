"""Names and codes of communes that the stock still shows and that lead to another: mergers, renamings, and the three cities.

After a merger INSEE writes the new code nearly everywhere; old rows keep the former label, and some the former code.
"""

import duckdb

from sourcier.register.establishment import DISTRICTS
from sourcier.register.importing.communes import HAVERSINE
from sourcier.register.places import folded_name

LEFT_WITHOUT = """
SELECT seen.code, seen.label, (
    SELECT other.commune_code FROM postal mine JOIN postal other USING (postal_code) JOIN commune ON code = other.commune_code
    WHERE mine.commune_code = seen.code ORDER BY other.establishments DESC, other.commune_code LIMIT 1
) AS leads_to
FROM seen ANTI JOIN commune USING (code)
"""
"""Codes of which nothing has a point: the commune that shares their postal code."""

OTHER_LABELS = """
SELECT NULL, commune_label, commune_code FROM typed JOIN commune ON code = commune_code
WHERE commune_label IS NOT NULL GROUP BY ALL
"""


def write_former(database: duckdb.DuckDBPyConnection) -> None:
    """Create `alias` (former code or NULL, former name, code it leads to) in the attached `output`, and complete the cities."""
    rows = database.execute(f"SELECT * FROM ({LEFT_WITHOUT}) WHERE leads_to IS NOT NULL UNION ALL {OTHER_LABELS}").fetchall()
    known = set(database.execute("SELECT code, folded FROM commune").fetchall())
    named = {(code, folded_name(label or ""), leads_to) for code, label, leads_to in rows}
    kept = sorted((row for row in named if row[0] or (row[1] and (row[2], row[1]) not in known)), key=str)
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[], [], []]
    database.execute("CREATE TABLE output.alias (code VARCHAR, folded VARCHAR, leads_to VARCHAR)")
    database.execute(
        "INSERT INTO output.alias SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns
    )
    for city, prefix in DISTRICTS.items():
        _complete(database, city, prefix)


def _complete(database: duckdb.DuckDBPyConnection, city: str, prefix: str) -> None:
    """Give a city the postal codes of its districts, and the circle around its middle that holds 95 of 100 of them."""
    database.execute(
        """UPDATE output.commune SET postal_codes = (SELECT coalesce(list(DISTINCT postal_code ORDER BY postal_code), [])
            FROM postal WHERE starts_with(commune_code, ?) OR commune_code = ?) WHERE code = ?""",
        [prefix, city, city],
    )
    database.execute(
        f"""UPDATE output.commune SET uncertainty_m = (
            SELECT coalesce(CAST(ceil(quantile_cont({HAVERSINE}, 0.95)) AS INTEGER), 5000)
            FROM typed p JOIN commune c ON c.code = ?
            WHERE p.longitude IS NOT NULL AND (starts_with(p.commune_code, ?) OR p.commune_code = ?)) WHERE code = ?""",
        [city, prefix, city, city],
    )
