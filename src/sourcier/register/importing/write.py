"""Fourth stage: the register itself. What a search looks at comes first, in the order of its arrays."""

from collections.abc import Mapping

import duckdb

from sourcier.register.importing.arrays import BAND, PAIR, SEARCHED
from sourcier.register.importing.check import same
from sourcier.register.importing.read import only
from sourcier.register.store import FORMAT

PLACED = """
SELECT t.siret, active, disclosed, nomenclature, activity, naf_rev2, naf_2025,
    coalesce(t.latitude, c.latitude) AS latitude, coalesce(t.longitude, c.longitude) AS longitude,
    t.latitude IS NULL AND c.code IS NOT NULL AS approximate,
    CASE WHEN t.latitude IS NULL AND c.code IS NOT NULL THEN c.uncertainty_m ELSE 0 END AS uncertainty_m,
    t.name, legal_name, address, postal_code, commune_code, coalesce(c.name, commune_label) AS commune,
    size_class, category, legal_form, social_economy, employer, created_on, updated_on
FROM typed t LEFT JOIN commune c ON c.code = t.commune_code
"""

SORTED = f"""CREATE TABLE output.establishment AS
    SELECT * FROM ({PLACED}) WHERE {SEARCHED} ORDER BY {", ".join(PAIR)}, {BAND}, longitude, siret"""

OTHERS = f"INSERT INTO output.establishment SELECT * FROM ({PLACED}) WHERE ({SEARCHED}) IS NOT TRUE"

STOCK_DATE = """
SELECT max(day) FROM (
    SELECT updated_on AS day, sum(count(*)) OVER (ORDER BY updated_on DESC) AS since
    FROM output.establishment WHERE updated_on IS NOT NULL GROUP BY day
) WHERE since > (SELECT count(*) FROM output.establishment) / 100000
"""
"""The last day that INSEE treated rows: one in a hundred thousand, dated in the future, does not make the date of the stock."""

COUNTS = """
SELECT count(*) AS establishments, count_if(active) AS active, count_if(NOT active) AS closed,
    count_if(active AND NOT disclosed) AS undisclosed, count_if(active AND latitude IS NOT NULL AND NOT approximate) AS located,
    count_if(active AND approximate) AS approximate, count_if(active AND latitude IS NULL) AS unplaced
FROM output.establishment
"""


def write(database: duckdb.DuckDBPyConnection, told: Mapping[str, str]) -> dict[str, int]:
    """Fill the attached `output`, which keeps what is `told`; return its counts. Raises `Refused` when a row is lost."""
    database.execute(SORTED)
    database.execute(OTHERS)
    database.execute("CREATE TABLE output.commune AS SELECT * FROM commune ORDER BY code")
    database.execute("CREATE TABLE output.postal AS SELECT * FROM postal ORDER BY postal_code")
    database.execute("""CREATE TABLE output.activity AS
        SELECT nomenclature, activity AS code, count(*) AS establishments FROM typed WHERE activity IS NOT NULL GROUP BY ALL
        UNION SELECT 'NAF2025', naf_2025, count(*) FROM typed
        WHERE naf_2025 IS NOT NULL AND nomenclature IS DISTINCT FROM 'NAF2025' GROUP BY ALL
        ORDER BY ALL""")
    cursor = database.execute(COUNTS)
    names = [column[0] for column in cursor.description]
    counts = dict(zip(names, cursor.fetchone() or (), strict=True))
    same(only(database, "SELECT count(*) FROM typed")[0], counts["establishments"], "écriture")
    counts["communes"] = only(database, "SELECT count(*) FROM output.commune")[0]
    stock_date = only(database, STOCK_DATE)[0]
    meta = {
        **told,
        "format": FORMAT,
        "stock_date": stock_date.isoformat() if stock_date else "",
        **{name: str(value) for name, value in counts.items()},
    }
    database.execute("CREATE TABLE output.meta (key VARCHAR, value VARCHAR)")
    database.executemany("INSERT INTO output.meta VALUES (?, ?)", list(meta.items()))
    database.execute("CHECKPOINT output")
    return counts
