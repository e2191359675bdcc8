"""Messages per second: the outbox against plain smtplib, same run, same messages, same local server.

    python bench/mail.py [COUNT]

The outbox reads rows, claims them, sends, and records each result with a journal entry and one flush to disk; smtplib only
sends. The two alternate, three times; the best of each is printed.
"""

import os
import smtplib
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

FOLDER = tempfile.mkdtemp(prefix="sourcier-bench-mail-")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PORT = free_port()
os.environ |= {
    "SOURCIER_VAR": FOLDER,
    "SOURCIER_SMTP_PORT": str(PORT),
    "DJANGO_SETTINGS_MODULE": "sourcier.project.settings",
}
BODY = "Bonjour,\n\nLa Ville cherche un boulanger pour ses crèches.\n" * 20


def plain(count: int) -> None:
    """The yardstick: one connection, no memory."""
    with smtplib.SMTP("127.0.0.1", PORT) as connection:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "ville@ville.example", f"firm{number}@pain.example"
            message["Subject"] = "Devis pour du pain"
            message.set_content(BODY)
            connection.send_message(message)


def rate(work: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def main(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from sourcier.accounts.actions import create_organisation
    from sourcier.mail.actions import enqueue
    from sourcier.mail.models import OutgoingMessage
    from sourcier.mail.outbox import send_due
    from sourcier.project.demo.smtp_sink import SmtpSink

    call_command("migrate", verbosity=0)
    city = create_organisation(
        name="Ville", slug="ville", siret="21930064700011", address="", postal_code="93110", commune_code="93064",
        commune="Rosny-sous-Bois", lat_e6=0, lon_e6=0,
    )  # fmt: skip

    def queue() -> None:
        with transaction.atomic():
            for number in range(count):
                enqueue(city, kind="bench", to_address=f"firm{number}@pain.example", subject="Devis pour du pain", body=BODY)

    queued, sent, bare = [], [], []
    with SmtpSink(Path(FOLDER) / "sink", PORT):
        for _ in range(3):
            bare.append(rate(lambda: plain(count), count))
            queued.append(rate(queue, count))
            sent.append(rate(lambda: send_due(limit=count), count))
    assert OutgoingMessage.objects.filter(state="sent").count() == 3 * count  # noqa: S101
    print(f"smtplib alone   {max(bare):7.0f} messages/s")
    print(
        f"outbox, sending {max(sent):7.0f} messages/s ({max(bare) / max(sent):.1f} times slower: rows, journal, one flush each)"
    )
    print(f"outbox, queuing {max(queued):7.0f} messages/s in one transaction")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
