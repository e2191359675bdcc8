"""What the archives would turn away and no schema can see: digests, files missing or extra, dates, identifiers.

It reads any SEDA 2 package, whoever made it, and trusts nothing of it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import new as new_digest
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from lxml import etree

from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret

Element = etree._Element
SEDA = re.compile(r"\{fr:gouv:culture:archivesdefrance:seda:v2\.\d\}ArchiveTransfer\Z")
NCNAME = re.compile(r"[^\W\d][\w.\-]*\Z")
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
REFERENCES = ("DataObjectReferenceId", "DataObjectGroupReferenceId", "ArchiveUnitRefId")
ALGORITHMS = {"SHA-512": "sha512", "SHA-384": "sha384", "SHA-256": "sha256"}
LARGEST_MANIFEST = 100_000_000
SLICE = 1 << 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A stable code, and a French sentence."""

    code: str
    sentence: str


class Unreadable(Exception):
    """Not a package that can be looked into."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def check(file: BinaryIO, now: datetime | None = None) -> list[Problem]:
    """Every problem of a package (a ZIP); none when it may leave. `now`: no date may be later."""
    try:
        with ZipFile(file) as archive:
            return list(_package(archive, now or datetime.now(UTC)))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError):
        return [Problem("zip", "Ce fichier n'est pas un ZIP lisible.")]


def check_manifest(data: bytes, now: datetime | None = None) -> list[Problem]:
    """The problems of a manifest alone, without its files."""
    try:
        root = _root(data)
    except Unreadable as error:
        return [Problem("manifest", error.sentence)]
    return list(_manifest(root, now or datetime.now(UTC)))


def _package(archive: ZipFile, now: datetime) -> Iterator[Problem]:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem("duplicate", f"Le fichier « {name} » est deux fois dans le ZIP.")
        if "\\" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
            yield Problem("path", f"Le fichier « {name} » sortirait de son dossier.")
    if "manifest.xml" not in names:
        yield Problem("manifest", "Le ZIP n'a pas de manifest.xml à sa racine.")
        return
    if archive.getinfo("manifest.xml").file_size > LARGEST_MANIFEST:
        yield Problem("manifest", "Le manifest.xml dépasse 100 Mo.")
        return
    try:
        root = _root(archive.read("manifest.xml"))
    except Unreadable as error:
        yield Problem("manifest", error.sentence)
        return
    yield from _manifest(root, now)
    yield from _files(archive, root, names)


def _root(data: bytes) -> Element:
    """The root of a manifest, read without any entity nor network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise Unreadable("Le manifest.xml n'est pas du XML bien formé.") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("Le manifest.xml déclare des entités (DOCTYPE) : il est refusé.")
    if not SEDA.match(str(root.tag)):
        raise Unreadable("Le manifest.xml n'est pas un transfert SEDA 2 (ArchiveTransfer).")
    return root


# --- the manifest alone -----------------------------------------------------------------------------------------------


def _manifest(root: Element, now: datetime) -> Iterator[Problem]:
    yield from _agencies(root)
    yield from _identifiers(root)
    yield from _dates(root, now)


def _agencies(root: Element) -> Iterator[Problem]:
    for path, what in (
        ("MessageIdentifier", "l'identifiant du message"),
        ("ArchivalAgreement", "la convention (ArchivalAgreement)"),
        ("ArchivalAgency/Identifier", "l'identifiant du service d'archives"),
        ("TransferringAgency/Identifier", "l'identifiant du service versant"),
    ):
        value = _text(root, *path.split("/"))
        if not value:
            yield Problem("agency", f"Il manque {what}.")
        elif re.fullmatch(r"\d{14}", value) and path.endswith("Agency/Identifier"):
            try:
                parse_siret(value)
            except InvalidIdentifier:
                yield Problem("siret", f"L'identifiant « {value} » a la forme d'un SIRET, et n'en est pas un.")


def _identifiers(root: Element) -> Iterator[Problem]:
    """Each identifier once and well formed; each reference leads somewhere; each file belongs to a unit of description."""
    found = [value for each in root.iter(etree.Element) for key in ("id", XML_ID) if (value := each.get(key)) is not None]
    for value, times in Counter(found).items():
        if times > 1:
            yield Problem("id_twice", f"L'identifiant « {value} » sert {times} fois.")
        if not NCNAME.match(value):
            yield Problem("id_form", f"« {value} » n'est pas un identifiant XML.")
    # A group may be opened by its first object, which then gives its id as a text.
    known, cited = {*found, *((each.text or "").strip() for each in _all(root, "DataObjectGroupId"))}, set()
    for name in REFERENCES:
        for each in _all(root, name):
            cited.add(value := (each.text or "").strip())
            if value not in known:
                yield Problem("reference", f"La référence « {value} » ({name}) ne mène à rien.")
    for each in (*_all(root, "BinaryDataObject"), *_all(root, "PhysicalDataObject")):
        around = each.getparent()
        group = around.get("id") if around is not None and _name(around) == "DataObjectGroup" else None
        joined = {each.get("id"), group, *(_texts(each, "DataObjectGroupId")), *(_texts(each, "DataObjectGroupReferenceId"))}
        if cited.isdisjoint(joined - {None}):
            yield Problem("orphan", f"L'objet « {each.get('id')} » n'est rattaché à aucune unité d'archives.")


def _dates(root: Element, now: datetime) -> Iterator[Problem]:
    made = _moment(_text(root, "Date"))
    if made is None:
        yield Problem("date", "La date du message est absente ou illisible.")
        return
    if made > now:
        yield Problem("date_future", "La date du message est dans l'avenir.")
    for unit in _all(root, "ArchiveUnit"):
        start, end = _day(_text(unit, "Content", "StartDate")), _day(_text(unit, "Content", "EndDate"))
        if start and end and start > end:
            yield Problem("date_order", f"L'unité « {unit.get('id')} » finit avant de commencer.")
        if end and end > now.date():
            yield Problem("date_future", f"L'unité « {unit.get('id')} » finit dans l'avenir.")
    for each in _all(root, "LastModified"):
        changed = _moment((each.text or "").strip())
        if changed is None or changed > made:
            yield Problem("date_order", "Un fichier a été changé après la date du message.")


# --- the files --------------------------------------------------------------------------------------------------------


def _files(archive: ZipFile, root: Element, names: list[str]) -> Iterator[Problem]:
    """Each file named is there with its size and digest; nothing else is."""
    present, named = set(names) - {"manifest.xml"}, set()
    for each in _all(root, "BinaryDataObject"):
        uri, identifier = _text(each, "Uri"), each.get("id")
        if not uri:
            if not _texts(each, "Attachment"):
                yield Problem("uri", f"L'objet « {identifier} » ne dit pas où est son fichier.")
            continue
        if uri in named:
            yield Problem("uri_twice", f"Le fichier « {uri} » est celui de deux objets.")
        named.add(uri)
        if uri not in present:
            yield Problem("missing", f"Le fichier « {uri} », annoncé par « {identifier} », manque.")
            continue
        yield from _one(archive, each, uri)
    for name in sorted(present - named):
        yield Problem("extra", f"Le fichier « {name} » n'est annoncé par personne.")


def _one(archive: ZipFile, each: Element, uri: str) -> Iterator[Problem]:
    stated = _text(each, "Size")
    if stated and stated != str(archive.getinfo(uri).file_size):
        yield Problem("size", f"Le fichier « {uri} » n'a pas la taille annoncée.")
    digest = next(iter(_children(each, "MessageDigest")), None)
    algorithm = "" if digest is None else digest.get("algorithm", "")
    if digest is None or algorithm not in ALGORITHMS:
        yield Problem("algorithm", f"Le fichier « {uri} » n'a pas d'empreinte, ou d'un algorithme inconnu « {algorithm} ».")
        return
    computed = new_digest(ALGORITHMS[algorithm])
    try:
        with archive.open(uri) as content:
            while block := content.read(SLICE):
                computed.update(block)
    except BadZipFile:
        yield Problem("damaged", f"Le fichier « {uri} » est abîmé dans le ZIP.")
        return
    if computed.hexdigest() != (digest.text or "").strip().lower():
        yield Problem("digest", f"Le fichier « {uri} » n'a pas l'empreinte annoncée.")


# --- reading ----------------------------------------------------------------------------------------------------------


def _name(element: Element) -> str:
    return etree.QName(element).localname


def _all(root: Element, name: str) -> Iterator[Element]:
    return root.iter(f"{{{etree.QName(root).namespace}}}{name}")


def _children(element: Element, name: str) -> list[Element]:
    return element.findall(f"{{{etree.QName(element).namespace}}}{name}")


def _texts(element: Element, name: str) -> list[str]:
    return [(child.text or "").strip() for child in _children(element, name)]


def _text(element: Element, *path: str) -> str:
    """The text at a path of children; empty when there is none."""
    for name in path:
        found = _children(element, name)
        if not found:
            return ""
        element = found[0]
    return (element.text or "").strip()


def _moment(text: str) -> datetime | None:
    """A date and time, taken as UTC when it has no zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
