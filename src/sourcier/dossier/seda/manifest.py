"""The manifest of a transfer (`ArchiveTransfer`, SEDA 2.3): who gives what to whom, file by file, and how long it is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from sourcier.dossier.seda.formats import format_of
from sourcier.law.retention import KEEP, Term

NAMESPACE = "fr:gouv:culture:archivesdefrance:seda:v2.3"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
DIGEST = "SHA-512"
Element = etree._Element


@dataclass(frozen=True, slots=True)
class Carried:
    """A file of the transfer: where it lies in it, the name it has in the dossier, its title for people."""

    id: str
    uri: str
    name: str
    title: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A group of files, with the term of its own when it is not that of the whole."""

    title: str
    files: Sequence[Carried]
    term: Term | None = None
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Agencies:
    """Who is who, by the identifiers of the agreement with the archives service."""

    archives: str
    producer: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the manifest says besides the files. `first`, `last`: days of the first and last act."""

    identifier: str
    made_at: datetime
    title: str
    description: str
    reference: str
    first: date
    last: date
    term: Term
    start: date | None
    agencies: Agencies


def manifest(transfer: Transfer, units: Sequence[Unit]) -> bytes:
    """The document; the same bytes for the same transfer."""
    root = etree.Element(f"{{{NAMESPACE}}}ArchiveTransfer", nsmap={None: NAMESPACE})
    _add(root, "Comment", _terms(transfer, units))
    _add(root, "Date", transfer.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(root, "MessageIdentifier", transfer.identifier)
    _add(root, "ArchivalAgreement", transfer.agencies.agreement)
    lists = _add(root, "CodeListVersions")
    for name, version in (
        ("MessageDigestAlgorithmCodeListVersion", DIGEST),
        ("MimeTypeCodeListVersion", "IANA"),
        ("FileFormatCodeListVersion", "PRONOM"),
        ("AppraisalRuleCodeListVersion", "Durées ISO 8601"),
    ):
        _add(lists, name, version)
    package = _add(root, "DataObjectPackage")
    for unit in units:
        for file in unit.files:
            _object(package, file)
    _described(_add(package, "DescriptiveMetadata"), transfer, units)
    _managed(_add(package, "ManagementMetadata"), transfer)
    for name, identifier in (
        ("ArchivalAgency", transfer.agencies.archives),
        ("TransferringAgency", transfer.agencies.producer),
    ):
        _add(_add(root, name), "Identifier", identifier)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _terms(transfer: Transfer, units: Iterable[Unit]) -> str:
    """The terms in words: a start that nobody knows yet is said, never guessed."""
    told = [("Ensemble", transfer.term, transfer.start)]
    told += [(unit.title, unit.term, unit.start) for unit in units if unit.term]
    return " ".join(
        f"{title} : {term.years} ans à partir de {term.event} ({term.article}) ; "
        + (f"événement du {start:%d/%m/%Y}" if start else "date pas encore connue")
        + (" ; à conserver ensuite." if term.fate == KEEP else " ; à détruire ensuite, après votre visa.")
        for title, term, start in told
    )


def _object(package: Element, file: Carried) -> None:
    made = _add(package, "BinaryDataObject")
    made.set("id", file.id)
    _add(made, "DataObjectVersion", "BinaryMaster_1")
    _add(made, "Uri", file.uri)
    _add(made, "MessageDigest", file.digest).set("algorithm", DIGEST)
    _add(made, "Size", str(file.size))
    known = format_of(file.name)
    identified = _add(made, "FormatIdentification")
    _add(identified, "MimeType", known.media_type)
    if known.pronom:
        _add(identified, "FormatId", known.pronom)
    _add(_add(made, "FileInfo"), "Filename", file.name)


def _described(metadata: Element, transfer: Transfer, units: Sequence[Unit]) -> None:
    """The operation, its groups, and one unit for each file."""
    whole = _unit(metadata, "UA-0")
    content = _add(whole, "Content")
    _add(content, "DescriptionLevel", "File")
    _add(content, "Title", transfer.title)
    _add(content, "OriginatingSystemId", transfer.reference)
    _add(content, "Description", transfer.description)
    _add(content, "Language", "fra")
    agency = _add(content, "OriginatingAgency")
    _add(agency, "Identifier", transfer.agencies.producer)
    _add(content, "StartDate", transfer.first.isoformat())
    _add(content, "EndDate", transfer.last.isoformat())
    for number, unit in enumerate(units, start=1):
        if not unit.files:
            continue
        group = _unit(whole, f"UA-{number}")
        if unit.term:
            _appraisal(_add(group, "Management"), unit.term, unit.start)
        inside = _add(group, "Content")
        _add(inside, "DescriptionLevel", "SubGrp")
        _add(inside, "Title", unit.title)
        for file in unit.files:
            _item(group, file)


def _item(group: Element, file: Carried) -> None:
    item = _unit(group, f"UA-{file.id}")
    content = _add(item, "Content")
    _add(content, "DescriptionLevel", "Item")
    _add(content, "Title", file.title)
    _add(_add(item, "DataObjectReference"), "DataObjectReferenceId", file.id)


def _managed(management: Element, transfer: Transfer) -> None:
    _add(management, "LegalStatus", "Public Archive")
    _add(management, "OriginatingAgencyIdentifier", transfer.agencies.producer)
    _add(management, "SubmissionAgencyIdentifier", transfer.agencies.producer)
    _appraisal(management, transfer.term, transfer.start)
    # Nothing goes before the archives service has signed, on their side as on ours.
    _add(management, "NeedAuthorization", "true")


def _appraisal(parent: Element, term: Term, start: date | None) -> None:
    rule = _add(parent, "AppraisalRule")
    _add(rule, "Rule", term.code)
    if start:
        _add(rule, "StartDate", start.isoformat())
    _add(rule, "FinalAction", term.fate)


def _unit(parent: Element, identifier: str) -> Element:
    made = _add(parent, "ArchiveUnit")
    made.set("id", identifier)
    return made


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    """A child; a text without the controls that XML has no way to write."""
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        made.text = "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))
    return made
