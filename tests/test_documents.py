"""What the documents say is true: commands, variables, links, images."""

import re
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

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


def options_of(parser: ArgumentParser) -> set[str]:
    """Every option of a command, those of its verbs included."""
    verbs = [each for action in parser._actions if isinstance(action, _SubParsersAction) for each in action.choices.values()]
    return {name for action in parser._actions for name in action.option_strings}.union(*map(options_of, verbs))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_options_shown_with_a_command_exist(document: Path) -> None:
    text = document.read_text().replace("\\\n", " ")
    for name, rest in re.findall(r"(?:^    |`)sourcier ([a-z]+)([^`\n]*)", text, re.MULTILINE):
        parser = load_command_class(get_commands()[name], name).create_parser("sourcier", name)
        assert set(re.findall(r"--[a-z][a-z-]+", rest)) <= options_of(parser), f"{name}{rest}"


def test_the_index_leads_to_every_document() -> None:
    index = ROOT / "docs/README.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", index.read_text())}
    assert set(ROOT.glob("docs/**/*.md")) - {index} <= linked


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
