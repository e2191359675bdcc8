"""A firm's telephone: a small HTTP client with cookies, that fills in the forms it is shown. No JavaScript, no account."""

import re
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener


class Telephone:
    """`open` and `send` give `(address reached, page)`; forms keep the hidden token of the page."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.page = ""

    def open(self, address: str) -> str:
        """Follow a link; return the page."""
        return self._read(Request(urljoin(self.base, address)))  # noqa: S310 - our own server

    def send(self, address: str, fields: dict[str, str]) -> str:
        """Send the form of the current page to `address`; return the page that comes back."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        body = urlencode({**fields, "csrfmiddlewaretoken": token[1] if token else ""}).encode()
        request = Request(urljoin(self.base, address), data=body, headers={"Referer": self.base})  # noqa: S310
        return self._read(request)

    def _read(self, request: Request) -> str:
        try:
            with self.opener.open(request, timeout=20) as response:
                self.page = response.read().decode()
        except HTTPError as error:
            self.page = error.read().decode()
        return self.page

    def title(self) -> str:
        """The first heading of the page, in words."""
        match = re.search(r"<h1[^>]*>(.*?)</h1>", self.page, re.DOTALL)
        return " ".join(unescape(re.sub("<[^>]+>", " ", match[1])).split()) if match else ""

    def prices(self) -> list[str]:
        """The names of the price fields of the page."""
        return list(dict.fromkeys(re.findall(r'name="(price-[0-9a-f]{32})"', self.page)))
