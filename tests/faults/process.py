"""Firms that answer by the real pages, in processes that a test may kill: `python -m tests.faults.process DATABASE TOLD`.

One order a line on the standard input; for each, processes are forked from this one, which never touches the database: their
pids on one line of the standard output, then « ended » once all of them are gone. What a firm reads is written at once to the
file TOLD, one line each: what is there was read before the process died.
"""

import json
import os
import random
import re
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

NUMBER = re.compile(r"RX-[2-9A-Z]{4}")
QUESTION = re.compile(r"/r/questions/[0-9a-f-]{36}/recepisse/")


def main(database: str, told: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    print("ready", flush=True)  # noqa: T201
    warm = False
    for line in sys.stdin:
        order = json.loads(line)
        if "firms" in order and not warm:
            _warm_up(order["firms"])
            warm = True
        children = [_fork(order, number, told) for number in range(order.get("processes", 1))]
        print(*children, flush=True)  # noqa: T201
        for child in children:
            os.waitpid(child, 0)
        print("ended", flush=True)  # noqa: T201


def _warm_up(firms: list[dict[str, Any]]) -> None:
    """Load what a first visit loads, so that the forked processes need not; they open the database by themselves."""
    from django.db import connections

    import tests.faults.whole  # noqa: F401

    visit = Firm(firms[0], {})
    for address in (f"/r/{visit.firm['token']}", "/r/prix/", "/r/questions/", "/r/recepisse/"):
        visit.client.get(address)
    connections.close_all()


def _fork(order: dict[str, Any], number: int, told: str) -> int:
    if child := os.fork():
        return child
    try:
        random.seed()
        _carry_out(order, number, told)
    finally:
        sys.stderr.flush()
        os._exit(0)


def _carry_out(order: dict[str, Any], number: int, told: str) -> None:
    """Threads share the firms of this process, in turn; with `again`, for ever. Or `check` what was told until now."""
    from django.db import connections

    out = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    if order.get("check"):
        from sourcier.journal.models import Log
        from tests.faults.whole import answered, faults

        with open(told) as lines:
            read = [json.loads(line) for line in lines if line.endswith("\n")]
        _tell(out, {"faults": list(faults(read)), "answered": list(answered(Log.objects.get()))})
        return
    firms = order["firms"][number :: order.get("processes", 1)]
    lock, turn = threading.Lock(), iter(firms)

    def next_firm() -> dict[str, Any] | None:
        nonlocal turn
        with lock:
            if (firm := next(turn, None)) is None and order.get("again"):
                turn = iter(firms)
                firm = next(turn)
            return firm

    def work() -> None:
        while firm := next_firm():
            for read in Firm(firm, order).acts():
                _tell(out, read)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(order.get("threads", 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@cache
def _site() -> Any:
    """The whole site with its middleware, loaded once."""
    from django.test.client import ClientHandler

    site = ClientHandler(enforce_csrf_checks=False)
    site.load_middleware()
    return site


def _tell(out: int, read: dict[str, Any]) -> None:
    os.write(out, json.dumps(read).encode() + b"\n")


class Firm:
    """One firm in front of its pages; each act gives what was read: the status, the number, the signed receipt."""

    def __init__(self, firm: dict[str, Any], order: dict[str, Any]) -> None:
        from django.test import Client

        self.firm, self.order = firm, order
        self.client = Client(raise_request_exception=False, headers={"host": "127.0.0.1"})
        self.client.handler = _site()

    def acts(self) -> Iterator[dict[str, Any]]:
        """Come in by the link, then do one of the acts ordered, drawn at random."""
        if wait := self.order.get("until"):
            time.sleep(max(0.0, wait - time.time()))
        page = self.client.get(f"/r/{self.firm['token']}")
        if page.status_code != 302:
            yield self.read("door", page)
            return
        act = random.choice(self.order.get("acts", ["answer"]))
        yield from getattr(self, act)()

    def read(self, act: str, page: Any, **more: Any) -> dict[str, Any]:
        return {"firm": self.firm["token"], "act": act, "status": page.status_code, **more}

    def proof(self, act: str, page: Any, **more: Any) -> dict[str, Any]:
        """A signed receipt, if that is what came."""
        return self.read(act, page, **more, **({"proof": page.content.decode()} if page.status_code == 200 else {}))

    def answer(self, documents: bool = True) -> Iterator[dict[str, Any]]:
        from django.core.files.uploadedfile import SimpleUploadedFile

        form = dict(self.firm["form"])
        if documents:
            weight = self.order.get("weight", 40)
            form["documents"] = SimpleUploadedFile("devis.txt", b"Devis " + random.randbytes(weight // 2).hex().encode())
        page = self.client.post("/r/prix/", form)
        if page.status_code != 302:
            yield self.read("answer", page, said=page.content.decode())
            return
        yield from self.receipt("answer")

    def without_document(self) -> Iterator[dict[str, Any]]:
        yield from self.answer(documents=False)

    def decline(self) -> Iterator[dict[str, Any]]:
        page = self.client.post("/r/non/", {"reason": "no_time"})
        if page.status_code == 302:
            yield from self.receipt("decline")

    def answer_then_withdraw(self) -> Iterator[dict[str, Any]]:
        yield from self.answer(documents=False)
        page = self.client.post("/r/retirer/")
        if page.status_code == 302:
            yield from self.receipt("withdraw")

    def question(self) -> Iterator[dict[str, Any]]:
        page = self.client.post("/r/questions/", {"text": "Peut-on livrer la veille ?"})
        if page.status_code != 302:
            yield self.read("question", page)
            return
        text = self.client.get("/r/questions/").content.decode()
        yield self.read("question", page, number=NUMBER.search(text)[0])  # type: ignore[index]
        for address in QUESTION.findall(text):
            yield self.proof("question", self.client.post(address))

    def receipt(self, act: str) -> Iterator[dict[str, Any]]:
        """The page of the receipt, then the signed one."""
        page = self.client.get("/r/recepisse/")
        text = page.content.decode()
        found = NUMBER.search(text)
        given = {"number": found and found[0], "late": "Trop tard" in text}
        yield self.read(act, page, **given)
        if found and not self.order.get("quick"):
            proof = self.client.post("/r/recepisse/fichier/")
            yield self.proof(act, proof, **given)


if __name__ == "__main__":
    main(*sys.argv[1:])
