"""What a need's own page compares it with, in a year of many orders: ours, beside scanning every label for its words.

    python bench/alike.py [ORDERS]

Each line is the median and the worst of the needs, in seconds of processor (ours and the database's) and of the clock. On
SQLite, then on PostgreSQL (a wheel). The orders are those of many drawn cities in one: more of them are alike than in any city.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.splitting import many
from tests.run import postgresql
from tests.spend.cities_drawn import wants

YEAR, NEEDS = 2025, 40


def city() -> Any:
    from sourcier.accounts.actions import create_organisation
    from sourcier.accounts.models import Department
    from sourcier.spend.actions import load_families

    made = create_organisation(
        name="Ville", slug="ville", siret="21930064700011", address="", postal_code="93110", commune_code="93064",
        commune="Rosny-sous-Bois", lat_e6=0, lon_e6=0,
    )  # fmt: skip
    Department.objects.create(organisation=made, name="Enfance")
    load_families(made)
    return made


def written(organisation: Any, count: int) -> None:
    """The orders, by an import of the finance software's export."""
    from django.utils import timezone

    from sourcier.accounts.actions import create_user, grant
    from sourcier.accounts.agents import agent_for
    from sourcier.accounts.models import Role
    from sourcier.spend.actions import choose_columns, hand_over, import_waiting
    from sourcier.spend.importing.lines import Column
    from sourcier.vault.actions import store_bytes

    user = create_user(organisation, email="bruno@ville.example", name="Bruno", password="pain-frais-avant-7h")  # noqa: S106
    grant(organisation, user, Role.BUYER)
    buyer = agent_for(user)
    assert buyer  # noqa: S101
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["N° engagement", "Date", "Tiers", "SIRET", "Libellé", "Montant HT", "Famille", "Service", "Lieu"])
    for line, one in enumerate(many(count)):
        amount = f"{one.amount_cents / 100:.2f}".replace(".", ",")
        firm = f"Entreprise {one.supplier}"
        writer.writerow([f"E{line}", f"{one.on:%d/%m/%Y}", firm, "", one.words, amount, one.family, "Enfance", one.place])
    batch = hand_over(buyer, store_bytes(organisation.pk, out.getvalue().encode(), "export.csv"))
    choose_columns(buyer, batch.pk, {Column(name): place for name, place in batch.columns.items()})
    import_waiting(timezone.now())


def needs(organisation: Any) -> list[Any]:
    from sourcier.needs.models import Need
    from sourcier.spend.models import Family

    draw = Random(3)
    families = {family.code: family for family in Family.objects.filter(organisation=organisation)}
    return [
        Need(
            organisation=organisation, department=organisation.departments.get(), sentence=draw.choice(want.phrasings),
            kind=want.kind, family=families.get(want.family), estimate_cents=100_00, starts_on=date(YEAR, 6, 1),
        )
        for want in draw.sample([*wants("first"), *wants("second")], NEEDS)
    ]  # fmt: skip


def by_scanning(need: Any) -> object:
    """The same comparison over the orders whose family or label is looked at one by one."""
    from django.db.models import Q

    from sourcier.insights.purchases import ENOUGH, Operations, limit, need_bought, orders_bought
    from sourcier.spend.likeness import signature
    from sourcier.spend.models import Order
    from sourcier.spend.splitting import find_with

    own = need_bought(need, need.estimate_cents, "").purchase
    wanted = Q(family=need.family)
    for word in own.words.split():
        if len(word) >= 5 and signature(word).heavy:
            wanted |= Q(label__icontains=word[:5])
    found = Order.objects.filter(wanted, organisation=need.organisation, ordered_on__year=YEAR)
    listed = list(found.select_related("family", "department").order_by("-ordered_on", "-pk")[:ENOUGH])[::-1]
    others = orders_bought(listed, [], Operations({}, {}, set()))
    return find_with(own, (one.purchase for one in others), limit)


def seconds_of_database() -> float:
    """Processor time of the server's process that answers us; on SQLite there is none but ours."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def measured(work: Callable[[Any], object], asked: list[Any]) -> Iterator[tuple[float, float]]:
    for need in asked:
        clock, own, server = time.perf_counter(), time.process_time(), seconds_of_database()
        work(need)
        yield time.process_time() - own + seconds_of_database() - server, time.perf_counter() - clock


def here(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from sourcier.insights.alike import alike
    from sourcier.spend.models import Order

    call_command("migrate", verbosity=0)
    organisation = city()
    start = time.perf_counter()
    written(organisation, count)
    assert Order.objects.count() == count  # noqa: S101
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {count} orders of one year written in {time.perf_counter() - start:.1f} s, {NEEDS} needs")
    asked = needs(organisation)
    for name, work in (("ours", alike), ("scan", by_scanning), ("ours", alike), ("scan", by_scanning)):
        spent, waited = zip(*measured(work, asked), strict=True)
        told = (
            f"processor {median(spent):.3f} s, at most {max(spent):.3f}; clock {median(waited):.3f}, at most {max(waited):.3f}"
        )
        print(f"  {name}  {told}", flush=True)


def main(count: int) -> None:
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        for database in ("", url):
            environment = {
                **os.environ, "SOURCIER_VAR": folder, "SOURCIER_DATABASE_URL": database,
                "DJANGO_SETTINGS_MODULE": "sourcier.project.settings",
            }  # fmt: skip
            subprocess.run([sys.executable, __file__, str(count), "here"], env=environment, check=True)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    here(size) if "here" in sys.argv else main(size)
