"""Importing an export of the finance software: ours, from XLSX and from CSV, beside reading the same cells and doing nothing.

    python bench/orders.py [LINES]

Ours judges each line, looks for duplicates, writes orders and the journal; openpyxl and csv only read. The database is SQLite.
"""

import csv
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta

FOLDER = tempfile.mkdtemp(prefix="sourcier-bench-orders-")
os.environ |= {"SOURCIER_VAR": FOLDER, "DJANGO_SETTINGS_MODULE": "sourcier.project.settings"}
HEADINGS = ["N° engagement", "Date", "Tiers", "SIRET", "Libellé", "Montant HT", "Famille", "Service"]


def lines(count: int, year: int) -> list[list[object]]:
    draw = random.Random(year)
    return [
        [
            f"E{year}-{number}", date(year, 1, 1) + timedelta(days=draw.randrange(365)), f"Entreprise {draw.randrange(4_000)}",
            "", f"Fourniture de pain, lieu {draw.randrange(300)}", round(draw.uniform(20, 4_000), 2), "10.01", "Enfance",
        ]
        for number in range(count)
    ]  # fmt: skip


def as_xlsx(rows: list[list[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Engagements")
    for row in (HEADINGS, *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(rows: list[list[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADINGS)
    for number, day, *rest, amount, family, service in rows:
        writer.writerow([number, f"{day:%d/%m/%Y}", *rest, f"{amount:.2f}".replace(".", ","), family, service])
    return out.getvalue().encode()


def seconds(work: Callable[[], object]) -> str:
    """On the clock, then of this process alone, which other work on the machine disturbs far less."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - start:6.1f} s, {time.process_time() - busy:5.1f} s of processor"


def by_openpyxl(data: bytes) -> None:
    from openpyxl import load_workbook

    for _ in load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(values_only=True):
        pass


def main(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from sourcier.accounts.actions import create_organisation, create_user, grant
    from sourcier.accounts.agents import agent_for
    from sourcier.accounts.models import Role
    from sourcier.spend.actions import choose_columns, hand_over, import_waiting
    from sourcier.spend.importing.lines import Column
    from sourcier.spend.models import Order
    from sourcier.vault.actions import store_bytes

    call_command("migrate", verbosity=0)
    city = create_organisation(
        name="Ville", slug="ville", siret="21930064700011", address="", postal_code="93110", commune_code="93064",
        commune="Rosny-sous-Bois", lat_e6=0, lon_e6=0,
    )  # fmt: skip
    user = create_user(city, email="bruno@ville.example", name="Bruno", password="pain-frais-avant-7h")  # noqa: S106
    grant(city, user, Role.BUYER)
    buyer = agent_for(user)
    assert buyer  # noqa: S101

    def ours(data: bytes, name: str) -> None:
        batch = hand_over(buyer, store_bytes(city.pk, data, name))
        choose_columns(buyer, batch.pk, {Column(name): place for name, place in batch.columns.items()})
        import_waiting(timezone.now())

    book, text = as_xlsx(lines(count, 2024)), as_csv(lines(count, 2025))
    print(f"{count} lines: XLSX {len(book) / 1e6:.1f} MB, CSV {len(text) / 1e6:.1f} MB")
    alone = seconds(lambda: by_openpyxl(book))
    print(f"XLSX  ours {seconds(lambda: ours(book, 'export.xlsx'))}   openpyxl, reading alone {alone}")
    alone = seconds(lambda: sum(1 for _ in csv.reader(io.StringIO(text.decode()), delimiter=";")))
    print(f"CSV   ours {seconds(lambda: ours(text, 'export.csv'))}   csv, reading alone      {alone}")
    assert Order.objects.count() == 2 * count  # noqa: S101


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
