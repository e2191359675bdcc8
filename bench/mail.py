"""Messages per second: the outbox against plain smtplib, same run, same messages, same server in a process of its own.

    python bench/mail.py [COUNT]

The outbox reads rows, claims them, sends, and records each result with its journal entry, fifty in one flush to the disk;
smtplib only sends. The addresses have 500 domains, as firms have: the outbox keeps its pace for each.
"""

import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

FOLDER = tempfile.mkdtemp(prefix="sourcier-bench-mail-")
SERVER = """
import sys, threading
from aiosmtpd.controller import Controller
class Taken:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
Controller(Taken(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("ready", flush=True)
threading.Event().wait()
"""


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


@contextmanager
def server() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(PORT)], stdout=subprocess.PIPE)
    assert process.stdout and process.stdout.readline()  # noqa: S101
    try:
        yield
    finally:
        process.kill()
        process.wait()


def address(number: int) -> str:
    return f"firm{number}@pain{number % 500}.example"


def plain(count: int) -> None:
    """The yardstick: one connection, no memory."""
    with smtplib.SMTP("127.0.0.1", PORT) as connection:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "ville@ville.example", address(number)
            message["Subject"] = "Devis pour du pain"
            message.set_content(BODY)
            connection.send_message(message)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from sourcier.accounts.actions import create_organisation
    from sourcier.mail.actions import enqueue
    from sourcier.mail.models import OutgoingMessage
    from sourcier.mail.outbox import send_due

    call_command("migrate", verbosity=0)
    city = create_organisation(
        name="Ville", slug="ville", siret="21930064700011", address="", postal_code="93110", commune_code="93064",
        commune="Rosny-sous-Bois", lat_e6=0, lon_e6=0,
    )  # fmt: skip

    def queue() -> None:
        with transaction.atomic():
            for number in range(count):
                enqueue(city, kind="bench", to_address=address(number), subject="Devis pour du pain", body=BODY)

    def send() -> None:
        while send_due():
            pass

    with server():
        before = timed(lambda: plain(count))
        queued = timed(queue)
        sent = timed(send)
        after = timed(lambda: plain(count))
    assert OutgoingMessage.objects.filter(state="sent").count() == count  # noqa: S101
    bare = min(before, after)
    print(f"smtplib alone    {count} messages in {bare:6.1f} s: {count / bare:6.0f} a second")
    print(f"outbox, sending  {count} messages in {sent:6.1f} s: {count / sent:6.0f} a second ({sent / bare:.1f} times as long)")
    print(f"outbox, queuing  {count} messages in {queued:6.1f} s, in one transaction")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
