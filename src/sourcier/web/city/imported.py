"""What the pages of every imported table share: the file, the choice of its columns, the lines that were not read."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from django import forms

from sourcier.interop.tables import Column as Heading
from sourcier.interop.tables import Kind, Table
from sourcier.spend.importing.lines import text
from sourcier.spend.importing.sheets import Row, preview
from sourcier.vault import queries as vault
from sourcier.vault.models import File

UNREAD = (Heading("Ligne", Kind.INTEGER), Heading("Ce qui est écrit"), Heading("Pourquoi elle n'est pas lue"))


class FileForm(forms.Form):
    """A table: its label and help are those of the page."""

    file = forms.FileField(
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide. Exportez-le de nouveau."},
        widget=forms.FileInput({"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )  # fmt: skip

    def __init__(self, *args: Any, label: str, help_text: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"].label, self.fields["file"].help_text = label, help_text


class ColumnsForm(forms.Form):
    """Where each thing stands, by the headings of the file."""

    def __init__(
        self, headings: Row, labels: Mapping[Any, str], required: Collection[StrEnum], *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.labels = labels
        named = [(str(place), text(cell)[:60] or f"Colonne {place + 1}") for place, cell in enumerate(headings)]
        for column, label in labels.items():
            none = "Choisissez" if column in required else "Aucune"
            self.fields[column.value] = forms.ChoiceField(
                label=label, choices=[("", none), *named], required=column in required,
                error_messages={"required": f"Dites où se trouve : {label.lower()}."},
            )  # fmt: skip

    def chosen(self) -> dict[Any, int]:
        return {column: int(self.cleaned_data[column.value]) for column in self.labels if self.cleaned_data[column.value]}


def first_lines(file: File) -> list[Row]:
    """The headings and the first lines of a file of the vault."""
    with vault.open_file(file) as stored:
        return preview(stored.read())


def shown(lines: Sequence[Row]) -> dict[str, Any]:
    """The first lines, for `city/spend/columns.html`."""
    return {"headings": lines[0], "lines": [[text(cell) for cell in row] for row in lines[1:]]}


def initial(columns: Mapping[str, int]) -> dict[str, str]:
    return {name: str(place) for name, place in columns.items()}


def unread_table(name: str, unread: Sequence[Sequence[Any]]) -> Table:
    return Table(f"Lignes non lues de {name}"[:80], UNREAD, [tuple(line) for line in unread])
