"""The messages of the firm's pages. `python -m tests.languages` brings the catalogues up to date.

New messages are added without a translation, dead ones go, and each .mo is compiled from its .po.
"""

import ast
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import polib

SOURCE = Path(__file__).parents[1] / "src" / "sourcier"
LOCALE = SOURCE / "web" / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
TEMPLATES = ("firm/*.html", "components/field*.html", "base.html")
# Refusals and reasons that a firm's page says in its language.
SAID_BELOW = (
    "quotes/answer_rules.py", "sourcing/limits.py", "vault/rules.py", "vault/inspect.py", "vault/archives.py", "vault/pdf.py",
    "vault/apart.py", "vault/actions.py",
)  # fmt: skip
SENTENCE = re.compile(r"\A[A-ZÀ-Ý].*\s.*[.?]\Z")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop"}


def messages() -> set[str]:
    """Every message that a firm may read, in French."""
    found: set[str] = set()
    for pattern in TEMPLATES:
        for path in (SOURCE / "web" / "templates").glob(pattern):
            found.update(_of_template(path.read_text()))
    for path in (SOURCE / "web" / "firm").glob("*.py"):
        found.update(_marked(ast.parse(path.read_text())))
    for name in SAID_BELOW:
        known = vars(import_module(f"sourcier.{name.removesuffix('.py').replace('/', '.')}"))
        found.update(_said(ast.parse((SOURCE / name).read_text()), known))
    return found


def _of_template(text: str) -> Iterator[str]:
    for _, said in re.findall(r"""\{% trans (["'])(.*?)\1 %\}""", text):
        yield said.replace("\\'", "'")
    for _, said in re.findall(r"""[=:]_\((["'])(.*?)\1\)""", text):
        yield said.replace("\\'", "'")
    for said in re.findall(r"\{% blocktrans trimmed[^%]*%\}(.*?)\{% endblocktrans %\}", text, re.DOTALL):
        yield re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", " ".join(said.split()))


def _marked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _said(tree: ast.Module, known: dict[str, Any]) -> Iterator[str]:
    """The whole sentences, those put together with constants of their module, and the ready reasons."""
    parts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            with suppress(NameError):  # a word of its function: such a sentence stays in French
                yield from SENTENCE.findall(eval(compile(ast.Expression(node), "", "eval"), known))  # noqa: S307 - our own source
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield from SENTENCE.findall(node.value)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "DECLINE_REASONS":
            yield from ast.literal_eval(node.value).values() if node.value else ()


def update() -> None:
    """Add, remove, compile."""
    wanted = messages()
    for path in CATALOGUES:
        catalogue = polib.pofile(str(path), wrapwidth=0)
        known = {entry.msgid for entry in catalogue}
        for entry in [entry for entry in catalogue if entry.msgid not in wanted]:
            catalogue.remove(entry)
        for said in sorted(wanted - known):
            flags = ["python-format"] if "%(" in said else []
            catalogue.append(polib.POEntry(msgid=said, flags=flags))
        catalogue.sort(key=lambda entry: entry.msgid)
        catalogue.save(str(path))
        catalogue.save_as_mofile(str(path.with_suffix(".mo")))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sourcier.project.settings")
    django.setup()
    update()
