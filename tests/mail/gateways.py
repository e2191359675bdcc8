"""A gateway of SMS on a real socket, in a thread: it keeps what it is asked and answers what it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Gateway:
    """`status` and `reply` for every text, `by_number` for some; `silence` seconds before it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status, self.silence = 200, 0.0
        self.by_number: dict[str, int] = {}
        self.reply: Any = {"id": "gw-1"}
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []


@contextmanager
def gateway(settings: Any) -> Iterator[Gateway]:
    """This installation sends its SMS to it while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            here.got.append(asked)
            here.headers.append(dict(self.headers))
            time.sleep(here.silence)
            status = here.by_number.get(asked.get("to", ""), here.status)
            body = json.dumps(here.reply).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", here.url + "elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Gateway(f"http://127.0.0.1:{server.server_port}/sms/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.SMS_URL, settings.SMS_SENDER, settings.SMS_HEADER = here.url, "38063", ("api-key", "clef-de-la-ville")
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
