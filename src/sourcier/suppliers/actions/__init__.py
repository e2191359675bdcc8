"""The verbs of suppliers."""

from sourcier.suppliers.actions.contacts import (
    add_contact,
    cleaned,
    mark_failing,
    mark_refused,
    own_contact,
    remove_contact,
)
from sourcier.suppliers.actions.firms import close_firm, leave_trade, mail_returned, meet, meet_many, unsubscribe
from sourcier.suppliers.actions.forgetting import forget_contact
from sourcier.suppliers.actions.imports import import_contacts, import_rows

__all__ = [
    "add_contact", "cleaned", "close_firm", "forget_contact", "import_contacts", "import_rows", "leave_trade", "mail_returned",
    "mark_failing", "mark_refused", "meet", "meet_many", "own_contact", "remove_contact", "unsubscribe",
]  # fmt: skip
