"""The verbs of accounts: people and their roles, the city and its lists. An organisation is born with its journal."""

from sourcier.accounts.actions.opening import set_opening
from sourcier.accounts.actions.people import (
    create_user,
    deactivate_user,
    grant,
    grant_role,
    invite_user,
    reactivate_user,
    revoke,
    update_person,
    update_self,
)
from sourcier.accounts.actions.places import (
    add_department,
    add_place,
    deactivate_place,
    edit_place,
    reactivate_place,
    rename_department,
    set_usual_places,
)
from sourcier.accounts.actions.town import create_organisation, update_organisation

__all__ = [
    "add_department",
    "add_place",
    "create_organisation",
    "create_user",
    "deactivate_place",
    "deactivate_user",
    "edit_place",
    "grant",
    "grant_role",
    "invite_user",
    "reactivate_place",
    "reactivate_user",
    "rename_department",
    "revoke",
    "set_opening",
    "set_usual_places",
    "update_organisation",
    "update_person",
    "update_self",
]
