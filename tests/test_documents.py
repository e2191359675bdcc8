"""What the documents say is true: commands, variables, links, images."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
SETTINGS = (ROOT / "src/sourcier/project/settings.py").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_images_are_light(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            found = (document.parent / target).resolve()
            assert found.exists(), target
            assert found.suffix != ".png" or found.stat().st_size < 300_000


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_named_exist(document: Path) -> None:
    named = set(re.findall(r"(?:^    |`)sourcier ([a-z]+)", document.read_text(), re.MULTILINE))
    assert named <= set(get_commands())


def test_make_targets_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z]+)", document.read_text())) <= targets


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read = set(re.findall(r"SOURCIER_[A-Z_]+", SETTINGS))
    told = set(re.findall(r"SOURCIER_[A-Z_]+", (ROOT / "docs/installation.md").read_text()))
    assert read == told


def test_the_project_speaks_of_itself_alone() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"/home/\w|/root/|localhost:\d{5}", document.read_text()), document.name
