"""VERIFIER.html in Firefox, opened from disk: the file of a dossier, then its verdict."""

from pathlib import Path

from tests.dossier.attacks import pack, repair, unpack
from tests.dossier.verifying import WITHOUT_WEBCRYPTO, alone_in
from tests.firefox import IN_FIREFOX, firefox

pytestmark = IN_FIREFOX
VERDICT = """new Promise((resume) => {
    const look = () => document.getElementById("result").dataset.state ? resume() : setTimeout(look, 20);
    look();
}).then(() => document.getElementById("result").dataset.state + " " + document.getElementById("result").innerText)"""


def test_firefox_gives_the_verdict_of_a_dossier_with_its_time_and_finds_one_altered(
    anchored: bytes, fingerprint: str, tmp_path: Path
) -> None:
    good, altered = tmp_path / "dossier.zip", tmp_path / "altered.zip"
    good.write_bytes(anchored)
    altered.write_bytes(pack(repair(unpack(anchored) | {"data/rapport.pdf": b"%PDF autre"})))
    with firefox(tmp_path) as tab:
        tab.before_each_page(f"() => {{ {WITHOUT_WEBCRYPTO} }}")
        tab.go(alone_in(tmp_path).as_uri())
        assert tab.evaluate("typeof crypto") == "undefined"
        tab.evaluate(f"document.getElementById('fingerprint').value = '{fingerprint}'")
        tab.give_file("#file", good)
        said = tab.evaluate(VERDICT)
        assert said.startswith("good ") and "✓ Aucune altération détectée" in said
        assert "« Horodateur d'essai » l'atteste" in said
        tab.evaluate("delete document.getElementById('result').dataset.state")
        tab.give_file("#file", altered)
        said = tab.evaluate(VERDICT)
        assert said.startswith("bad ") and "data/rapport.pdf" in said
        assert tab.evaluate("performance.getEntriesByType('resource').length") == 0
