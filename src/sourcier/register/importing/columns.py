"""The columns of INSEE's stock that the register reads, and what it makes of them.

`StockEtablissement` and `StockUniteLegale` as documented by INSEE (« Sirene : description des fichiers »). Required columns
stand in every stock since 2018; optional ones came later (NAF 2025, Lambert coordinates in 2024) or from others (geo-sirene).
"""

from sourcier.kernel.activities import NAF_2025, NAF_REV2
from sourcier.register.importing.projection import located

LAMBERT = ("coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement")
DEGREES = ("longitude", "latitude")

ESTABLISHMENT = (
    "siren",
    "nic",
    "siret",
    "statutDiffusionEtablissement",
    "dateCreationEtablissement",
    "trancheEffectifsEtablissement",
    "dateDernierTraitementEtablissement",
    "complementAdresseEtablissement",
    "numeroVoieEtablissement",
    "indiceRepetitionEtablissement",
    "typeVoieEtablissement",
    "libelleVoieEtablissement",
    "codePostalEtablissement",
    "libelleCommuneEtablissement",
    "distributionSpecialeEtablissement",
    "codeCommuneEtablissement",
    "etatAdministratifEtablissement",
    "enseigne1Etablissement",
    "enseigne2Etablissement",
    "enseigne3Etablissement",
    "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement",
    "nomenclatureActivitePrincipaleEtablissement",
    "caractereEmployeurEtablissement",
)
ESTABLISHMENT_OPTIONAL = ("activitePrincipaleNAF25Etablissement", *LAMBERT, *DEGREES)

LEGAL_UNIT = (
    "siren",
    "statutDiffusionUniteLegale",
    "sigleUniteLegale",
    "prenom1UniteLegale",
    "prenomUsuelUniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "categorieEntreprise",
    "categorieJuridiqueUniteLegale",
    "economieSocialeSolidaireUniteLegale",
)

WAYS = {
    "ALL": "ALLEE", "AV": "AVENUE", "BD": "BOULEVARD", "CAR": "CARREFOUR", "CHE": "CHEMIN", "CHS": "CHAUSSEE",
    "COR": "CORNICHE", "CRS": "COURS", "DOM": "DOMAINE", "DSC": "DESCENTE", "ECA": "ECART", "ESP": "ESPLANADE",
    "FG": "FAUBOURG", "GR": "GRANDE RUE", "HAM": "HAMEAU", "HLE": "HALLE", "IMP": "IMPASSE", "LD": "LIEU DIT",
    "LOT": "LOTISSEMENT", "MAR": "MARCHE", "MTE": "MONTEE", "PAS": "PASSAGE", "PL": "PLACE", "PLN": "PLAINE",
    "PLT": "PLATEAU", "PRO": "PROMENADE", "PRV": "PARVIS", "QUA": "QUARTIER", "RES": "RESIDENCE", "RLE": "RUELLE",
    "ROC": "ROCADE", "RPT": "ROND POINT", "RTE": "ROUTE", "SEN": "SENTIER", "SQ": "SQUARE", "TPL": "TERRE PLEIN",
    "TRA": "TRAVERSE", "VLA": "VILLA", "VLGE": "VILLAGE", "ZA": "ZONE ARTISANALE",
}  # fmt: skip
"""INSEE's short types of way, opened for letters."""

MACROS = (
    # A masked part masks the whole value: half a name is still a name.
    "CREATE MACRO clean(value) AS nullif(CASE WHEN contains(value, '[ND]') THEN NULL ELSE trim(value) END, '')",
    "CREATE MACRO words(a, b) AS nullif(concat_ws(' ', a, b), '')",
    # 1071C in some old files, 10.71C in all others.
    "CREATE MACRO code(value) AS CASE WHEN regexp_full_match(value, '\\d{4}[A-Z]') "
    "THEN concat(value[1:2], '.', value[3:5]) ELSE value END",
)

NOMENCLATURE = f"""CASE WHEN nomenclatureActivitePrincipaleEtablissement IN ('NAF2025', 'NAF25') THEN '{NAF_2025}'
    ELSE clean(nomenclatureActivitePrincipaleEtablissement) END"""
"""INSEE writes NAFRev2, NAFRev1, NAF1993 and NAP."""

WAY = "CASE way " + " ".join(f"WHEN '{short}' THEN '{long}'" for short, long in WAYS.items()) + " ELSE way END"

STREET = ("number", "index", "way", "street")

# The point of an undisclosed establishment is its address: it is left where it was read.
_IF_DISCLOSED = ("easting", "northing", "longitude", "latitude")
TRIED = {
    "created_on": ("dateCreationEtablissement", "DATE"),
    "updated_on": ("dateDernierTraitementEtablissement", "TIMESTAMP"),
    "easting": (LAMBERT[0], "DOUBLE"),
    "northing": (LAMBERT[1], "DOUBLE"),
    "longitude": (DEGREES[0], "DOUBLE"),
    "latitude": (DEGREES[1], "DOUBLE"),
}
"""What is more than a text: its column and its type. A value that is not of its type is left out, and counted."""

DAYS = "DATE '1000-01-01' AND DATE '2099-12-31'"
"""A date that is not between them is a slip of the keyboard: it cannot be read either."""


def _read(name: str) -> str:
    """The value, NULL when it cannot be read, then whether there was one to read."""
    column, kind = TRIED[name]
    return f"TRY_CAST(clean({column}) AS {kind}) AS read_{name}, clean({column}) IS NOT NULL AS given_{name}"


def _tried(name: str) -> str:
    """The value, then whether it could not be read."""
    value = f"read_{name}"
    if TRIED[name][1] != "DOUBLE":
        value = f"CASE WHEN {value} BETWEEN {DAYS} THEN CAST({value} AS DATE) END"
    unread = f"given_{name} AND {value} IS NULL"
    if name in _IF_DISCLOSED:
        value, unread = f"CASE WHEN disclosed THEN {value} END", f"disclosed AND {unread}"
    return f"{value} AS {name}, {unread} AS unread_{name}"


UNREAD = "SELECT " + ", ".join(f"count_if(unread_{name})" for name in TRIED) + " FROM typed"

# All that an establishment says alone is read before its unit is joined: DuckDB would move it into the choices by disclosure,
# and forty comparisons within a CASE take fifteen times as long.
_ROWS = f"""
WITH unit AS (
    SELECT siren, coalesce(statutDiffusionUniteLegale = 'O', false) AS unit_disclosed, clean(categorieEntreprise) AS category,
        clean(categorieJuridiqueUniteLegale) AS legal_form, economieSocialeSolidaireUniteLegale = 'O' AS social_economy,
        clean(sigleUniteLegale) AS acronym,
        coalesce(clean(denominationUniteLegale), clean(denominationUsuelle1UniteLegale), words(
            coalesce(clean(prenomUsuelUniteLegale), clean(prenom1UniteLegale)),
            coalesce(clean(nomUsageUniteLegale), clean(nomUniteLegale)))) AS legal_name,
        clean(denominationUsuelle1UniteLegale) AS usual_name
    FROM legal_unit WHERE {{among}}
), alone AS (
    SELECT siren, CAST(siret AS BIGINT) AS siret,
        coalesce(etatAdministratifEtablissement = 'A', false) AS active,
        -- Only « O » is full disclosure, for the establishment and for its unit; « P », « N » or anything else is not.
        coalesce(statutDiffusionEtablissement = 'O', false) AS own_disclosed, {NOMENCLATURE} AS nomenclature,
        code(clean(activitePrincipaleEtablissement)) AS activity,
        code(clean(activitePrincipaleNAF25Etablissement)) AS naf_25,
        coalesce(clean(enseigne1Etablissement), clean(denominationUsuelleEtablissement)) AS trade_name,
        words(clean(enseigne2Etablissement), clean(enseigne3Etablissement)) AS other_names,
        clean(denominationUsuelleEtablissement) AS usual_trade_name,
        nullif(concat_ws(', ', clean(complementAdresseEtablissement),
            nullif(concat_ws(' ', own_number, own_index, own_way, own_street), ''),
            clean(distributionSpecialeEtablissement)), '') AS own_address, own_number, own_index, own_way, own_street,
        clean(codePostalEtablissement) AS own_postal_code, clean(codeCommuneEtablissement) AS commune_code,
        clean(libelleCommuneEtablissement) AS commune_label, clean(trancheEffectifsEtablissement) AS size_class,
        coalesce(caractereEmployeurEtablissement = 'O', false) AS employer,
        {", ".join(_read(name) for name in TRIED)}
    FROM (
        SELECT *, clean(numeroVoieEtablissement) AS own_number, clean(indiceRepetitionEtablissement) AS own_index,
            {WAY} AS own_way, clean(libelleVoieEtablissement) AS own_street
        FROM (SELECT *, clean(typeVoieEtablissement) AS way FROM establishment WHERE {{among}})
    )
), row AS (
    SELECT alone.*, unit.* EXCLUDE (siren), unit.siren IS NOT NULL AS has_unit,
        own_disclosed AND coalesce(unit_disclosed, true) AS disclosed
    FROM alone LEFT JOIN unit USING (siren)
)
SELECT siret, active, disclosed, has_unit, nomenclature, activity,
    CASE WHEN nomenclature = '{NAF_REV2}' THEN activity END AS naf_rev2,
    coalesce(naf_25, CASE WHEN nomenclature = '{NAF_2025}' THEN activity END) AS naf_2025,
    CASE WHEN disclosed THEN coalesce(trade_name, legal_name, acronym, 'Nom absent du répertoire') END AS name,
    CASE WHEN disclosed THEN coalesce(legal_name, acronym) END AS legal_name,
    CASE WHEN disclosed AND active
        THEN concat_ws(' ', trade_name, other_names, usual_trade_name, legal_name, usual_name, acronym) END AS words,
    CASE WHEN disclosed AND active THEN own_address END AS address,
    {", ".join(f"CASE WHEN disclosed AND active THEN own_{part} END AS {part}" for part in STREET)},
    CASE WHEN disclosed THEN own_postal_code END AS postal_code,
    commune_code, commune_label, size_class, category, legal_form, coalesce(social_economy, false) AS social_economy, employer,
    {", ".join(_tried(name) for name in TRIED)}
FROM row
"""

TYPED = located(_ROWS)
"""The rows of the register, but for the places that only their commune gives; `among` chooses some by their `siren`."""
