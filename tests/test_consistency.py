"""What must agree across the project: templates, verbs, and actions that each tell the journal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sourcier.journal.registry import VERBS

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "sourcier"
TEMPLATES = SOURCE / "web" / "templates"
# Names that libraries look for by themselves.
BY_CONVENTION = re.compile(r"^(account|mfa|allauth)/|^(400|403|403_csrf|404|413|429|500|503)\.html$")
# Functions of `actions` modules that write no entry, each because its caller's entry carries the row, or because it only asks.
WITHOUT_ENTRY = {
    "journal.actions": {"open_log", "append", "append_all", "want_anchor", "erase"},
    "mail.actions": {"enqueue"},
    "spend.actions.commitments": {"commit", "undo"},
    "spend.actions.units": {"put_in_unit", "refuse_elsewhere"},
    "needs.actions.common": {
        "load",
        "check",
        "check_unit",
        "same_version",
        "touch",
        "clean_details",
        "clean_text",
        "clean_value",
    },
    "spend.actions.contracts": {"order_on"},
    "vocabulary.actions": {"hear", "check_activity"},
    "needs.actions.decide": {
        "mark_asked",
        "mark_awarded",
        "mark_closed",
        "mark_bought",
        "mark_cancelled",
        "keep_from_now",
    },
    "needs.actions.describe": {"describe", "new_need", "tick_usual", "begin_clock", "department_of", "said_places"},
    "needs.actions.leading": {"keep_lane"},
    "suppliers.actions.firms": {"meet", "meet_many", "mail_returned", "check_writer", "lock", "known_firms"},
    "suppliers.actions.contacts": {"own_contact", "cleaned", "note", "describe"},
    "suppliers.actions.places": {"new_key", "send_links"},
    "suppliers.actions.campaigns": {"prepare"},
    "suppliers.actions.imports": {"guess", "import_contacts"},
    "sourcing.actions.progress": {"mark_opened", "mark_chosen", "mark_done", "mark_ended", "give_lead"},
    "sourcing.actions.common": {"to_compose", "load", "check", "obey", "same_version", "touch", "words"},
    "sourcing.actions.invite": {
        "asked_by_the_city",
        "check_limit",
        "check_rotation",
        "new_invitation",
        "one_seed",
        "write",
        "move_deadline",
        "tell_all",
        "told",
        "tell_one",
        "write_to",
        "relay_failure",
        "record_result",
    },
    "sourcing.actions.panel": {"startable"},
    "sourcing.actions.texting": {"text", "record_result", "asked_at", "arrive", "stop"},
    "vault.actions": {"store", "store_bytes", "empty", "remove_bytes", "store_sealed", "seal_message", "unseal_file"},
    "sourcing.actions.notice": {"visit_by_token"},
    "quotes.actions.evaluate": {
        "lock",
        "require_buyer",
        "require_marking",
        "require_declared",
        "round_pending",
        "record_clarification",
        "record_failure",
    },
    "quotes.actions.deposit": {"begin", "receive", "number", "keep_closed", "prove"},
    "quotes.actions.by_email": {"addressee", "arrive"},
    "quotes.actions.read_mail": {"unsealed", "show"},
    "quotes.actions.mark": {"give_marks"},
    "quotes.actions.choose": {"lots_of"},
    "quotes.actions.after_opening": {"sealed", "correct_firms", "correct_at_once"},
    "sourcing.actions.closing": {"close_due"},
    "direct.actions": {"ask_others"},
    "insights.actions.together": {"ask_to_look"},
}


def sources() -> Iterator[tuple[Path, str]]:
    for path in SOURCE.rglob("*.py"):
        if "migrations" not in path.parts:
            yield path, path.read_text()


def test_every_template_is_used_and_every_one_used_exists() -> None:
    existing = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*") if path.suffix in (".html", ".txt")}
    used: set[str] = set()
    texts = [text for _, text in sources()] + [path.read_text() for path in TEMPLATES.rglob("*.*") if path.is_file()]
    for text in texts:
        used |= set(re.findall(r"[\"']([a-z_0-9/]+\.(?:html|txt))[\"']", text))
        for folder in re.findall(r"f\"([a-z_/]+)/\{[a-z]+\}\.html\"", text):
            used |= {name for name in existing if name.startswith(folder + "/")}
    assert {name for name in existing - used if not BY_CONVENTION.match(name)} == set()
    elsewhere = ("data/", "django/")
    assert {name for name in used - existing if "/" in name and not name.startswith(elsewhere)} == set()


def test_every_verb_written_is_registered_and_every_verb_registered_is_written() -> None:
    declared = re.compile(r"Verb\(\s*\"([a-z_.]+)\"")
    written: set[str] = set()
    for path, text in sources():
        if path.name not in ("verbs.py", "registry.py"):
            written |= set(re.findall(r"\"([a-z_]+(?:\.[a-z_]+)+)\"", text))
            # `f"message.{…}"`: the family of verbs of one prefix.
            written |= {verb for prefix in re.findall(r"f\"([a-z_]+\.)\{", text) for verb in VERBS if verb.startswith(prefix)}
    registered = {verb for _, text in sources() for verb in declared.findall(text)}
    assert registered <= VERBS.keys()
    assert {verb for verb in registered if verb not in written and verb.removesuffix(".sealed") not in written} == set()


def actions() -> Iterator[tuple[str, ast.FunctionDef, dict[str, ast.FunctionDef]]]:
    """`(module, function, functions of the module)` of every `actions` module, public functions only."""
    for path, text in sources():
        relative = path.relative_to(SOURCE).with_suffix("")
        if "actions" in relative.parts and path.name != "__init__.py":
            module = ".".join(relative.parts)
            functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
            for name, function in functions.items():
                if not name.startswith("_"):
                    yield module, function, functions


JOURNAL_CALLS = {
    "carry_out", "append", "entry", "_entry", "contact_entry", "erase", "renew", "declare_lost", "declare_stolen",
}  # fmt: skip


def tells(function: ast.FunctionDef, functions: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()) -> bool:
    """Whether it appends an entry, itself or through a function of its module. `rows.append(…)` of a list is no entry."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    bare = {call.id for call in calls if isinstance(call, ast.Name)}
    if bare & JOURNAL_CALLS - {function.name}:
        return True
    inside = {name for name in bare & functions.keys() if name not in seen}
    return any(tells(functions[name], functions, seen | {function.name}) for name in inside)


def test_every_action_tells_the_journal_or_says_why_not() -> None:
    silent, stale = [], []
    known: dict[str, set[str]] = {}
    for module, function, functions in actions():
        known.setdefault(module, set()).add(function.name)
        listed = function.name in WITHOUT_ENTRY.get(module, set())
        if not tells(function, functions) and not listed:
            silent.append(f"{module}.{function.name}")
    for module, names in WITHOUT_ENTRY.items():
        stale += [f"{module}.{name}" for name in names - known.get(module, set())]
    assert silent == []
    assert stale == []
