"""The verbs of suppliers."""

from sourcier.suppliers.actions.contacts import (
    add_contact,
    cleaned,
    mark_failing,
    mark_refused,
    own_contact,
    remove_contact,
)
from sourcier.suppliers.actions.firms import close_firm, leave_trade, mail_reaches, mail_returned, meet, meet_many, unsubscribe
from sourcier.suppliers.actions.forgetting import forget_contact, forget_itself
from sourcier.suppliers.actions.imports import import_contacts, import_rows
from sourcier.suppliers.actions.places import claim, describe_itself, give_key, new_key, send_links, set_alerts, stop_alerts

__all__ = [
    "add_contact", "claim", "cleaned", "close_firm", "describe_itself", "forget_contact", "forget_itself", "give_key",
    "import_contacts", "import_rows", "leave_trade", "mail_reaches", "mail_returned",
    "mark_failing", "mark_refused", "meet", "meet_many",
    "new_key", "own_contact", "remove_contact", "send_links", "set_alerts", "stop_alerts", "unsubscribe",
]  # fmt: skip
