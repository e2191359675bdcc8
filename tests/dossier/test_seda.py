"""A dossier goes to the archives as a SEDA 2.3 transfer: the same files, valid, and checked for what a schema cannot see."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha512
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xmlschema
from django.core.management import CommandError, call_command
from lxml import etree

from sourcier.accounts import actions as accounts
from sourcier.dossier.history import History
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.dossier.seda import package
from sourcier.dossier.seda.preflight import check, check_manifest
from sourcier.kernel.transitions import Refused
from tests.dossier.purchase import Purchase, saved, taken, zipped

SEDA = {"s": "fr:gouv:culture:archivesdefrance:seda:v2.3"}
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def seda(shared_data: Path) -> Path:
    """The official schemas, and packages that others made."""
    if not (shared_data / "seda").is_dir():
        pytest.skip("../shared/data/seda is absent")
    return shared_data / "seda"


class _Imported(etree.Resolver):
    """The two schemas of the W3C that SEDA imports by their address on the web."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url: str, public_id: str, context: Any) -> Any:
        found = self.folder / url.rsplit("/", 1)[-1]
        return self.resolve_filename(str(found), context) if found.exists() else None


def by_lxml(seda: Path) -> etree.XMLSchema:
    parser = etree.XMLParser()
    parser.resolvers.add(_Imported(seda / "xsd" / "xsd_validation"))
    return etree.XMLSchema(etree.parse(str(seda / "xsd" / "seda2_3" / "seda-2.3-main.xsd"), parser))


def by_xmlschema(seda: Path) -> xmlschema.XMLSchema:
    imported = seda / "xsd" / "xsd_validation"
    places = {
        "http://www.w3.org/XML/1998/namespace": str(imported / "xml.xsd"),
        "http://www.w3.org/1999/xlink": str(imported / "xlink.xsd"),
    }
    return xmlschema.XMLSchema(str(seda / "xsd" / "seda2_3" / "seda-2.3-main.xsd"), locations=places, allow="local")


@pytest.fixture
def export(finished: Purchase) -> Export:
    """A dossier of a city that has an agreement with its archives."""
    accounts.update_organisation(finished.city.head_buyer, archives_identifier="FRAD093", archives_agreement="CONV-2026-17")
    return taken(finished)


def transfer(export: Export) -> bytes:
    out = BytesIO()
    package.write(export, out)
    return out.getvalue()


def manifest_of(archive: bytes) -> etree._Element:
    with ZipFile(BytesIO(archive)) as opened:
        return etree.fromstring(opened.read("manifest.xml"))


def said(element: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in element.findall(path, {"": SEDA["s"]})]


def test_the_manifest_is_valid_for_two_validators_of_the_official_schema(export: Export, seda: Path) -> None:
    root = manifest_of(transfer(export))
    schema = by_lxml(seda)
    assert schema.validate(root), schema.error_log
    by_xmlschema(seda).validate(root)
    put(root, "Date", "hier")
    assert not schema.validate(root) and not by_xmlschema(seda).is_valid(root)


def test_the_transfer_carries_the_very_files_of_the_dossier_which_verifies_once_put_back(
    export: Export, tmp_path: Path
) -> None:
    archive, bag = transfer(export), zipped(export)
    names = {each.findtext("s:Uri", "", SEDA): each.findtext("s:FileInfo/s:Filename", "", SEDA)
             for each in manifest_of(archive).iter("{*}BinaryDataObject")}  # fmt: skip
    with ZipFile(BytesIO(archive)) as opened, ZipFile(BytesIO(bag)) as dossier, ZipFile(tmp_path / "again.zip", "w") as again:
        assert sorted(names.values()) == sorted(dossier.namelist())
        for uri, name in names.items():
            assert opened.read(uri) == dossier.read(name)
            again.writestr(name, opened.read(uri))
    assert verifier.verify(tmp_path / "again.zip").problems == []
    assert verifier.verify(BytesIO(archive)).problems == [verifier.TRANSFER], "the transfer itself is said to be one"


def test_the_manifest_says_size_digest_and_format_of_each_file(export: Export) -> None:
    archive = transfer(export)
    with ZipFile(BytesIO(archive)) as opened:
        for each in manifest_of(archive).iter("{*}BinaryDataObject"):
            data = opened.read(each.findtext("s:Uri", "", SEDA))
            digest = each.find("s:MessageDigest", SEDA)
            assert digest is not None and digest.get("algorithm") == "SHA-512"
            assert (digest.text, each.findtext("s:Size", "", SEDA)) == (sha512(data).hexdigest(), str(len(data)))
            assert "/" in each.findtext("s:FormatIdentification/s:MimeType", "", SEDA)


def test_the_manifest_names_both_agencies_and_the_agreement(export: Export) -> None:
    root = manifest_of(transfer(export))
    city = export.organisation
    assert said(root, "ArchivalAgreement") == ["CONV-2026-17"]
    assert said(root, "ArchivalAgency/Identifier") == ["FRAD093"]
    assert said(root, "TransferringAgency/Identifier") == [city.siret]
    assert said(root, "MessageIdentifier") == [export.pk.hex]


def test_the_terms_are_those_of_the_law_and_an_unknown_start_is_said(export: Export) -> None:
    root = manifest_of(transfer(export))
    management = root.find("s:DataObjectPackage/s:ManagementMetadata", SEDA)
    assert management is not None
    assert said(management, "AppraisalRule/Rule") == ["P5Y"]
    assert said(management, "AppraisalRule/FinalAction") == ["Destroy"]
    assert said(management, "AppraisalRule/StartDate") == []
    assert said(management, "NeedAuthorization") == ["true"]
    losing = next(
        unit for unit in root.iter("{*}ArchiveUnit")
        if unit.findtext("s:Content/s:Title", "", SEDA) == "Pièces des offres non retenues"
    )  # fmt: skip
    rule = losing.find("s:Management/s:AppraisalRule", SEDA)
    assert rule is not None
    assert (said(rule, "Rule"), said(rule, "StartDate"), said(rule, "FinalAction")) == (["P5Y"], ["2026-10-01"], ["Destroy"])
    assert [each.text for each in losing.iterfind("s:ArchiveUnit/s:Content/s:Title", SEDA)] == ["devis signé.jpg"]
    proof = next(unit for unit in root.iter("{*}ArchiveUnit") if said(unit, "Content/Title") == [package.PROOFS])
    assert said(proof, "Management/AppraisalRule/FinalAction") == ["Keep"], "what an erasure leaves is kept"
    left = " ".join(said(proof, "ArchiveUnit/Content/Title"))
    assert "entries.jsonl" in left and "checkpoint.txt" in left and "verifier.py" in left
    assert "payloads" not in left and "documents" not in left and "manifest" not in left, "contents go with the contract"
    comment = root.findtext("s:Comment", "", SEDA)
    assert "à détruire ensuite, après votre visa" in comment and "à conserver ensuite" in comment
    assert "R.2184-13" in comment and "date pas encore connue" in comment and "R.2184-12" in comment


def test_a_term_is_that_of_the_day_its_clock_began(finished: Purchase) -> None:
    clock = {"kind_": "contract", "years": 12, "event": "la réception", "article": "article d'alors", "started_on": None}
    told = History(rows={"clock": {"1": clock}})
    assert package.term_of(told, "contract").code == "P12Y" and package.term_of(told, "procedure").code == "P5Y"


def test_the_same_transfer_comes_out_twice(export: Export) -> None:
    assert transfer(export) == transfer(export)


def test_without_an_agreement_nothing_is_written(finished: Purchase) -> None:
    export = taken(finished)
    with pytest.raises(Refused) as refused:
        package.write(export, BytesIO())
    assert "Réglages, Archives" in refused.value.sentence


def test_the_command_writes_a_transfer_and_checks_one(
    export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "versement.zip"
    call_command("dossier", "seda", "--export", str(export.pk), "--out", str(out))
    assert out.read_bytes() == transfer(export)
    capsys.readouterr()
    call_command("dossier", "preflight", str(out), "--json")
    assert json.loads(capsys.readouterr().out) == {"ok": True, "problems": []}
    with pytest.raises(SystemExit) as left:
        call_command("dossier", "preflight", str(saved(export, tmp_path)))
    assert left.value.code == 1 and "n'est PAS prêt" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("dossier", "preflight", str(tmp_path / "nothing.zip"))


# --- what a schema cannot see -----------------------------------------------------------------------------------------


Change = Callable[[dict[str, bytes], etree._Element], None]


def changed(archive: bytes, change: Change) -> list[str]:
    """The codes of what the check says once `change` has been at the files and the manifest."""
    with ZipFile(BytesIO(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    root = etree.fromstring(files.pop("manifest.xml"))
    change(files, root)
    out = BytesIO()
    with ZipFile(out, "w") as made:
        made.writestr("manifest.xml", etree.tostring(root))
        for name, data in files.items():
            made.writestr(name, data)
    return [problem.code for problem in check(out, NOW)]


def put(root: etree._Element, path: str, text: str) -> None:
    found = root.find(path, {"": SEDA["s"]})
    assert found is not None
    found.text = text


def one_byte(files: dict[str, bytes], root: etree._Element) -> None:
    files["Content/F-1.txt"] = files["Content/F-1.txt"][:-1] + b"!"


def one_less(files: dict[str, bytes], root: etree._Element) -> None:
    del files["Content/F-1.txt"]


def one_more(files: dict[str, bytes], root: etree._Element) -> None:
    files["Content/Thumbs.db"] = b"x"


def longer(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, ".//Size", "7")


def id_twice(files: dict[str, bytes], root: etree._Element) -> None:
    second = root.findall(".//{*}ArchiveUnit")[1]
    second.set("id", "UA-0")


def id_form(files: dict[str, bytes], root: etree._Element) -> None:
    root.findall(".//{*}ArchiveUnit")[0].set("id", "0 UA")


def reference(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, ".//DataObjectReferenceId", "F-9999")


def order(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, ".//Content/StartDate", "2026-12-01")


def future(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, "Date", "2031-01-01T00:00:00Z")


def undated(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, "Date", "hier")


def nobody(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, "ArchivalAgency/Identifier", " ")


def siret(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, "TransferringAgency/Identifier", "12345678901234")


def algorithm(files: dict[str, bytes], root: etree._Element) -> None:
    root.find(".//{*}MessageDigest").set("algorithm", "MD5")  # type: ignore[union-attr]


def same_file(files: dict[str, bytes], root: etree._Element) -> None:
    put(root, ".//BinaryDataObject[2]/Uri", "Content/F-1.txt")


def escape(files: dict[str, bytes], root: etree._Element) -> None:
    files["Content/../../x"] = b"x"


def nowhere(files: dict[str, bytes], root: etree._Element) -> None:
    uri = root.find(".//{*}Uri")
    assert uri is not None
    uri.getparent().remove(uri)  # type: ignore[union-attr]


BAD: dict[str, tuple[Change, set[str]]] = {
    "a byte of a file": (one_byte, {"digest"}),
    "a file that is missing": (one_less, {"missing"}),
    "a file nobody announced": (one_more, {"extra"}),
    "a size": (longer, {"size"}),
    "an identifier used twice": (id_twice, {"id_twice"}),
    "an identifier that XML refuses": (id_form, {"id_form"}),
    "a reference to nothing": (reference, {"reference", "orphan"}),
    "an end before the start": (order, {"date_order"}),
    "a date to come": (future, {"date_future"}),
    "a date that is none": (undated, {"date"}),
    "no archives service": (nobody, {"agency"}),
    "a SIRET that is none": (siret, {"siret"}),
    "an algorithm of another age": (algorithm, {"algorithm"}),
    "a file of two objects": (same_file, {"uri_twice", "size", "digest", "extra"}),
    "a path that climbs": (escape, {"path", "extra"}),
    "an object without a file": (nowhere, {"uri", "extra"}),
}


def test_a_bad_transfer_is_stopped_before_it_leaves(export: Export) -> None:
    good = transfer(export)
    assert changed(good, lambda files, root: None) == []
    found = {what: set(changed(good, change)) for what, (change, _) in BAD.items()}
    assert found == {what: codes for what, (_, codes) in BAD.items()}


def test_what_is_no_package_is_said_and_never_read_further() -> None:
    assert [problem.code for problem in check(BytesIO(b"PK nothing"))] == ["zip"]
    out = BytesIO()
    with ZipFile(out, "w") as made:
        made.writestr("readme.txt", b"x")
    assert [problem.code for problem in check(out)] == ["manifest"]
    hostile = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><ArchiveTransfer xmlns="%b">&e;</ArchiveTransfer>'
    for data in (b"<a", b"<a/>", hostile % SEDA["s"].encode()):
        assert [problem.code for problem in check_manifest(data)] == ["manifest"]


@pytest.mark.parametrize("name", ["SIP_OK", "OK_468", "KO_468"])
def test_the_packages_of_others_pass_the_check_which_judges_no_profile(name: str, seda: Path) -> None:
    with (seda / "sip" / f"{name}.zip").open("rb") as package_of_others:
        assert check(package_of_others, NOW) == []


@pytest.mark.parametrize("name", ["SampleWithLinkFlatManifest", "SampleWithLinkHierarchicalManifest"])
def test_the_manifests_of_others_pass_the_check(name: str, seda: Path) -> None:
    assert check_manifest((seda / "sip" / f"{name}.xml").read_bytes(), NOW) == []
