"""The SQL of INSEE's two tables, all their columns in INSEE's order, over the numbers of `drawn`."""

from datetime import date

from france.drawn import (
    ACTIVE_OTHERS,
    BLOCK,
    BLOCK_UNITS,
    FAR,
    FOREIGN,
    NO_POINT,
    OLD_NO_POINT,
    SAME_TOWN,
    SAME_TRADE,
    SIGN,
    SIZES,
    UNIT_FACTS,
    UNIT_KIND,
    WAY,
    WITH_NAF_2025,
    picked,
)  # fmt: skip
from france.words import FIRMS_A_KIND, MARK, STREETS
from sourcier.project.demo.stock import ESTABLISHMENT, LEGAL_UNIT, MASKED

FOREIGN_PLACES = (("BRUXELLES", 30), ("LONDRES", 25), ("GENEVE", 20), ("LUXEMBOURG", 15), ("MADRID", 10))
COUNTRIES = {"BRUXELLES": ("99131", "BELGIQUE"), "LONDRES": ("99132", "ROYAUME-UNI"), "GENEVE": ("99140", "SUISSE"),
             "LUXEMBOURG": ("99137", "LUXEMBOURG"), "MADRID": ("99134", "ESPAGNE")}  # fmt: skip


def _country(part: int) -> str:
    names = " ".join(f"WHEN '{town}' THEN '{country[part]}'" for town, country in COUNTRIES.items())
    return f"CASE abroad {names} END"


def _point(axis: str) -> str:
    """Metres of the street's middle, then along it, then aside; INSEE writes two decimals and more."""
    middle = "cos" if axis == "easting" else "sin"
    house = f"{middle}(bearing) * (house - 60) * 5 + {'sin' if axis == 'easting' else '-cos'}(bearing) * side"
    metres = f"{axis} + spread * far * {middle}(turn) + {house}"
    return f"CASE WHEN placed THEN CAST(CAST(CASE WHEN lost THEN 1.0 ELSE {metres} END AS DECIMAL(12, 2)) AS VARCHAR) END"


def _columns(columns: list[str], given: dict[str, str]) -> str:
    """Every column of INSEE in its order: NULL when not given, [ND] where INSEE masks a person."""
    parts = []
    for column in columns:
        value = given.get(column, "CAST(NULL AS VARCHAR)")
        if column in MASKED:
            value = f"CASE WHEN hidden THEN '[ND]' ELSE {value} END"
        parts.append(f'{value} AS "{column}"')
    return ", ".join(parts)


ESTABLISHMENT_VALUES = {
    "siren": "siren", "nic": "nic", "siret": "siren || nic",
    "statutDiffusionEtablissement": "CASE WHEN hidden THEN 'P' ELSE 'O' END",
    "dateCreationEtablissement": "created", "trancheEffectifsEtablissement": "size_class",
    "anneeEffectifsEtablissement": "CASE WHEN size_class <> 'NN' THEN 2024 END",
    "dateDernierTraitementEtablissement": "CAST(treated AS TIMESTAMP) + to_seconds(CAST(draw(number, 21) % 50000 AS BIGINT))",
    "etablissementSiege": "head", "nombrePeriodesEtablissement": "CASE WHEN active THEN 1 ELSE 2 END + of_1024(c, 20) // 400",
    "complementAdresseEtablissement": "CASE WHEN of_1024(c, 0) < 70 THEN 'BATIMENT ' || chr(65 + of_1024(c, 10) % 6) END",
    "numeroVoieEtablissement": "CASE WHEN abroad IS NULL AND of_1024(d, 20) < 900 THEN CAST(house AS VARCHAR) END",
    "indiceRepetitionEtablissement": "CASE WHEN of_1024(d, 30) < 40 THEN 'BIS' END",
    "typeVoieEtablissement": f"CASE WHEN abroad IS NULL THEN {WAY} END",
    "libelleVoieEtablissement": "street_label",
    "codePostalEtablissement": "CASE WHEN abroad IS NULL THEN postal_codes[1 + street % len(postal_codes)] END",
    "libelleCommuneEtablissement": "CASE WHEN abroad IS NULL THEN label END",
    "libelleCommuneEtrangerEtablissement": "abroad",
    "distributionSpecialeEtablissement": "CASE WHEN of_1024(d, 40) < 12 THEN 'BP ' || (1 + of_1024(d, 0)) END",
    "codeCommuneEtablissement": "CASE WHEN abroad IS NULL THEN code END",
    "codeCedexEtablissement": "CASE WHEN cedex THEN left(code, 2) || '0' || lpad(CAST(street % 100 AS VARCHAR), 2, '0') END",
    "libelleCedexEtablissement": "CASE WHEN cedex THEN label || ' CEDEX' END",
    "codePaysEtrangerEtablissement": _country(0), "libellePaysEtrangerEtablissement": _country(1),
    "identifiantAdresseEtablissement":
        "CASE WHEN abroad IS NULL THEN code || lpad(CAST(street AS VARCHAR), 4, '0') || '_' || house || '_B' END",
    "coordonneeLambertAbscisseEtablissement": _point("easting"), "coordonneeLambertOrdonneeEtablissement": _point("northing"),
    "dateDebut": "CASE WHEN active THEN created ELSE closed END",
    "etatAdministratifEtablissement": "CASE WHEN active THEN 'A' ELSE 'F' END",
    "enseigne1Etablissement": f"replace(sign, '{MARK}', surname)",
    "denominationUsuelleEtablissement": f"CASE WHEN of_1024(c, 40) < 60 THEN replace(sign, '{MARK}', surname) END",
    "activitePrincipaleEtablissement": """CASE WHEN active OR closed >= DATE '2008-01-01' THEN naf
        WHEN closed >= DATE '1993-01-01' THEN left(naf, 4) || right(naf, 1) ELSE left(naf, 5) END""",
    "nomenclatureActivitePrincipaleEtablissement": """CASE WHEN active OR closed >= DATE '2008-01-01' THEN 'NAFRev2'
        WHEN closed >= DATE '2003-01-01' THEN 'NAFRev1' WHEN closed >= DATE '1993-01-01' THEN 'NAF1993' ELSE 'NAP' END""",
    "caractereEmployeurEtablissement": "CASE WHEN coalesce(size_class, 'NN') = 'NN' THEN 'N' ELSE 'O' END",
    "activitePrincipaleNAF25Etablissement":
        f"CASE WHEN (active OR closed >= DATE '2024-01-01') AND of_1024(c, 30) < {WITH_NAF_2025} THEN naf_2025 END",
}  # fmt: skip

UNIT_VALUES = {
    "siren": "siren", "statutDiffusionUniteLegale": "CASE WHEN hidden THEN 'P' ELSE 'O' END",
    "dateCreationUniteLegale": "unit_created",
    "sigleUniteLegale": "CASE WHEN NOT person AND of_1024(b, 40) < 60 THEN left(surname, 3) END",
    "sexeUniteLegale": "CASE WHEN person THEN CASE WHEN woman THEN 'F' ELSE 'M' END END",
    "prenom1UniteLegale": "CASE WHEN person THEN first END", "prenomUsuelUniteLegale": "CASE WHEN person THEN first END",
    "prenom2UniteLegale": "CASE WHEN person AND NOT hidden AND of_1024(b, 50) < 300 THEN second END",
    "identifiantAssociationUniteLegale": "CASE WHEN club THEN 'W' || right(siren, 8) || digit(base, 10) END",
    "trancheEffectifsUniteLegale": "unit_size", "anneeEffectifsUniteLegale": "CASE WHEN unit_size <> 'NN' THEN 2024 END",
    "dateDernierTraitementUniteLegale": "CAST(treated AS TIMESTAMP) + to_seconds(CAST(draw(unit, 21) % 50000 AS BIGINT))",
    "nombrePeriodesUniteLegale": "CASE WHEN active THEN 1 ELSE 2 END + of_1024(b, 20) // 300",
    "categorieEntreprise": """CASE WHEN NOT active OR of_1024(b, 0) < 120 THEN NULL WHEN unit_size IN ('32', '41') THEN 'GE'
        WHEN unit_size IN ('22', '31') THEN 'ETI' ELSE 'PME' END""",
    "anneeCategorieEntreprise": "CASE WHEN active THEN 2024 END",
    "dateDebut": "CASE WHEN active THEN unit_created ELSE unit_closed END",
    "etatAdministratifUniteLegale": "CASE WHEN active THEN 'A' ELSE 'C' END",
    "nomUniteLegale": "CASE WHEN person THEN surname END",
    "nomUsageUniteLegale": "CASE WHEN person AND woman AND of_1024(b, 10) < 200 THEN usage_name END",
    "denominationUniteLegale": f"CASE WHEN NOT person THEN replace(pattern, '{MARK}', surname) END",
    "denominationUsuelle1UniteLegale":
        f"CASE WHEN NOT hidden AND of_1024(b, 30) < 25 THEN replace(pattern, '{MARK}', usage_name) END",
    "categorieJuridiqueUniteLegale": "form", "activitePrincipaleUniteLegale": "naf",
    "nomenclatureActivitePrincipaleUniteLegale": "'NAFRev2'",
    "nicSiegeUniteLegale":
        "lpad(CAST((head_rank + 1) * 10 + siret_key(base, head_rank + 1) AS VARCHAR), 5, '0')",
    "economieSocialeSolidaireUniteLegale":
        "CASE WHEN person THEN NULL WHEN club AND of_1024(b, 0) < 700 OR form = '5458' THEN 'O' ELSE 'N' END",
    "societeMissionUniteLegale": "CASE WHEN NOT person THEN CASE WHEN of_1024(b, 5) < 1 THEN 'O' ELSE 'N' END END",
    "caractereEmployeurUniteLegale": "CASE WHEN coalesce(unit_size, 'NN') = 'NN' THEN 'N' ELSE 'O' END",
    "activitePrincipaleNAF25UniteLegale": "CASE WHEN active THEN naf_2025 END",
}  # fmt: skip


def establishments(rows: int, on: date, slots: dict[str, int]) -> str:
    """SELECT of `StockEtablissement` as it stood that day, by SIRET."""
    return f"""
    WITH numbered AS (
        SELECT number, rank, size, number // {BLOCK} * {BLOCK_UNITS} + unit_in_block AS unit
        FROM number JOIN crowd ON number % {BLOCK} = place WHERE number < {rows}
    ), facts AS (
        SELECT number, rank, {UNIT_FACTS.format(**slots)}, draw(number, 11) AS c, draw(number, 12) AS d,
            CAST(draw(CASE WHEN rank > 0 AND of_1024(draw(number, 13), 0) < {SAME_TOWN} THEN number - rank ELSE number END, 14)
                % {slots["town_slots"]} AS INTEGER) AS town_key,
            CASE WHEN rank = 0 OR of_1024(draw(number, 13), 10) < {SAME_TRADE} THEN unit_trade
                ELSE CAST(draw(number, 15) % {slots["trade_slots"]} AS INTEGER) END AS own_trade,
            CASE WHEN moved THEN 1 ELSE 0 END AS head_rank, rank = head_rank AS head
        FROM numbered
    ), dated AS (
        SELECT *, CASE WHEN rank = 0 THEN unit_created WHEN moved AND rank = 1 THEN moved_on
                ELSE unit_created + CAST(floor(age * share(number, 16)) AS INTEGER) END AS created,
            CASE WHEN moved AND rank = 0 THEN moved_on WHEN NOT lives THEN greatest(created, unit_closed)
                WHEN NOT head AND of_1024(c, 50) >= {ACTIVE_OTHERS}
                THEN created + CAST(floor((last_day - created) * share(number, 17)) AS INTEGER) END AS closed
        FROM facts
    ), kept AS (
        SELECT *, coalesce(closed > DATE '{on}', true) AS active,
            least(DATE '{on}', greatest(created, CASE WHEN closed <= DATE '{on}' THEN closed ELSE created END,
                DATE '{on}' - days(share(number, 18), 500, 4000) + 20)) AS treated
        FROM dated WHERE created <= DATE '{on}'
    ), placed AS (
        SELECT kept.*, {UNIT_KIND}, own.code AS naf, own.naf_2025, town.* EXCLUDE (slot, commune),
            CAST(draw(kept.number, 19) % streets AS INTEGER) AS street, commune * 1024 + street AS street_of,
            1 + of_1024(d, 0) % 119 AS house, CASE WHEN house % 2 = 0 THEN 9 ELSE -9 END AS side,
            pi() * 2 * share(street_of, 22) AS turn, pi() * share(street_of, 23) AS bearing,
            sqrt(-ln(share(street_of, 24))) AS far, draw(kept.number, 25) % {FAR} = 0 AS lost,
            CASE WHEN of_1024(draw(kept.number, 26), 0) < {FOREIGN}
                THEN {picked("of_1024(c, 10)", FOREIGN_PLACES)} END AS abroad,
            of_1024(draw(kept.number, 26), 10) < 7 AS cedex,
            easting IS NOT NULL AND abroad IS NULL AND of_1024(draw(kept.number, 26), 20)
                >= CASE WHEN active OR closed >= DATE '2012-01-01' THEN {NO_POINT} ELSE {OLD_NO_POINT} END AS placed,
            CASE WHEN head THEN unit_size ELSE {picked("of_1024(draw(kept.number, 26), 30)", SIZES)} END AS size_class,
            lpad(CAST((rank + 1) * 10 + siret_key(base, rank + 1) AS VARCHAR), 5, '0') AS nic,
            CASE WHEN of_1024(draw(kept.number, 26), 40) < {SIGN}
                THEN own.kind_key * {FIRMS_A_KIND} + CAST(draw(kept.number, 27) % {FIRMS_A_KIND} AS INTEGER) END AS sign_key
        FROM kept JOIN (SELECT slot, kind, persons, clubs FROM trade) AS unit_own ON unit_own.slot = unit_trade
            JOIN (SELECT slot, code, naf_2025, kind_key FROM trade) AS own ON own.slot = own_trade
            JOIN town ON town.slot = town_key
    )
    SELECT {_columns(ESTABLISHMENT, ESTABLISHMENT_VALUES)}
    FROM placed LEFT JOIN (SELECT key, pattern AS sign FROM firm) AS firm ON firm.key = sign_key
        JOIN surname ON surname.key = surname_key JOIN (SELECT key, label AS street_label FROM street) AS way
        ON way.key = CAST(draw(street_of, 28) % {STREETS} AS INTEGER)
    """


def units(count: int, on: date, slots: dict[str, int]) -> str:
    """SELECT of `StockUniteLegale` as it stood that day, by SIREN."""
    return f"""
    WITH numbered AS (
        SELECT number AS unit, size FROM number
            JOIN (SELECT unit_in_block, any_value(size) AS size FROM crowd GROUP BY ALL)
            ON number % {BLOCK_UNITS} = unit_in_block
        WHERE number < {count}
    ), facts AS (
        SELECT *, {UNIT_FACTS.format(**slots)}, CASE WHEN moved THEN 1 ELSE 0 END AS head_rank FROM numbered
    ), kept AS (
        SELECT facts.*, trade.* EXCLUDE (slot, code), trade.code AS naf, {UNIT_KIND},
            coalesce(unit_closed > DATE '{on}', true) AS active,
            least(DATE '{on}', greatest(unit_created, DATE '{on}' - days(share(unit, 8), 500, 4000) + 20)) AS treated,
            of_1024(draw(unit, 9), 0) < 512 AS woman, CASE WHEN woman THEN 0 ELSE 1 END * 1000 AS sex,
            sex + of_1024(draw(unit, 9), 10) % {slots["women"]} AS first_key,
            sex + of_1024(draw(unit, 9), 20) % {slots["women"]} AS second_key,
            kind_key * {FIRMS_A_KIND} + of_1024(draw(unit, 9), 30) % {FIRMS_A_KIND} AS firm_key
        FROM facts JOIN trade ON slot = unit_trade WHERE unit_created <= DATE '{on}'
    )
    SELECT {_columns(LEGAL_UNIT, UNIT_VALUES)}
    FROM kept JOIN firm ON firm.key = firm_key JOIN surname ON surname.key = surname_key
        JOIN (SELECT key, surname AS usage_name FROM surname) AS usage
        ON usage.key = (surname_key * 7919 + 1) % {slots["surnames"]}
        JOIN (SELECT key, label AS first FROM first_name) AS f ON f.key = first_key
        JOIN (SELECT key, label AS second FROM first_name) AS s ON s.key = second_key
    """
