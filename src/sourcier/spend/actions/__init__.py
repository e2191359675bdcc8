"""The verbs of spend."""

from sourcier.spend.actions.city_rules import add_rule, end_rule
from sourcier.spend.actions.commitments import commit, undo
from sourcier.spend.actions.contracts import hand_over_contracts, import_contracts, order_on, save_contract
from sourcier.spend.actions.families import load_families
from sourcier.spend.actions.nomenclature import add_family, change_family, import_families
from sourcier.spend.actions.orders import choose_columns, hand_over, import_waiting, withdraw_orders
from sourcier.spend.actions.units import open_unit

__all__ = [
    "add_family",
    "add_rule",
    "change_family",
    "choose_columns",
    "commit",
    "end_rule",
    "hand_over",
    "hand_over_contracts",
    "import_contracts",
    "import_families",
    "import_waiting",
    "load_families",
    "open_unit",
    "order_on",
    "save_contract",
    "undo",
    "withdraw_orders",
]
