"""Someone who goes from page to page, and what is wrong with each: an answer, a width, a fault of accessibility."""

import re
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import Page, Response

from tests.browser.conftest import Person

WIDTHS = (1280, 390, 320)
AXE = Axe().axe_script
# Two rules about colours cost more than all the others together. Of a list, the first lines are read, as the next are alike.
# « region » is never serious.
JUDGED = """async () => {
    const colours = ["color-contrast", "link-in-text-block"], off = {enabled: false}
    const rules = Object.fromEntries([...colours, "region"].map(rule => [rule, off]))
    const alike = {exclude: ["main li:nth-child(n+4)", "main tbody tr:nth-child(n+4)"]}
    const most = {exclude: ["main li:nth-child(n+13)", "main tbody tr:nth-child(n+13)"]}
    const all = await axe.run(most, {resultTypes: ["violations"], rules})
    const some = await axe.run(alike, {resultTypes: ["violations"], runOnly: colours})
    return [...all.violations, ...some.violations]
}"""
# A comma, or a full stop, that nothing stands before: somebody wrote nothing there, or a line of a template ends.
HOLE = r"""() => document.body.innerText.match(/.{0,30}(\s[,.](?=\s)|,\s*,|[:(]\s*,).{0,20}/)"""
SENT_TO = """() => [...document.querySelectorAll("form[method=post]")].map(
    form => new URL(form.getAttribute("action") || location.href, location.href).href
)"""


def name_of(address: str) -> str:
    return resolve(urlsplit(address).path).url_name or ""


def faults_of(page: Page, path: str) -> list[str]:
    """What is wrong with the page shown, at each width, with all its folds open."""
    found = []
    page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} overflows {width} pixels")
    if page.locator("h1").count() != 1:
        found.append(f"{path} has {page.locator('h1').count()} first headings")
    if hole := page.evaluate(HOLE):
        found.append(f"{path} has a hole in a sentence: {hole[0]}")
    if not page.title().strip():
        found.append(f"{path} has no title")
    page.evaluate(AXE)
    for broken in page.evaluate(JUDGED):
        if broken["impact"] in ("serious", "critical"):
            found.append(f"{path}: {broken['id']} {broken['nodes'][0]['html'][:160]}")
    return found


class Walk:
    """Someone who goes from page to page, and what was seen on the way."""

    def __init__(self, who: Person) -> None:
        self.who, self.page = who, who.page
        self.found: list[str] = []
        self.pages: set[str] = set()
        self.files: set[str] = set()
        self.forms: set[str] = set()

    def look(self, *paths: str, status: int = 200) -> None:
        """Go to each address, be let in, and look at the page."""
        for path in paths:
            response = self.page.goto(self.who.town.site + path)
            shown = urlsplit(self.page.url)._replace(scheme="", netloc="").geturl()
            if shown != path:
                self.found.append(f"{path} led to {shown}")
            self.judge(response, path, status)

    def enter(self, path: str) -> None:
        """Follow a link that leads somewhere else."""
        response = self.page.goto(self.who.town.site + path)
        self.pages.add(name_of(path))
        self.judge(response, path)

    def judge(self, response: Response | None, path: str, status: int = 200) -> None:
        """The page shown, whichever way one came to it."""
        if response is None or response.status != status:
            self.found.append(f"{path} answered {response.status if response else 'nothing'}")
        if status != 200:
            self._forgive(status)
        elif response and response.request.method == "GET":
            self.pages.add(name_of(self.page.url))
        self.found += faults_of(self.page, path)
        self.forms |= {name_of(action) for action in self.page.evaluate(SENT_TO)}

    def _forgive(self, status: int) -> None:
        """The browser complains of a page that is an error; this one was expected."""
        said = [fault for fault in self.who.faults if f"status of {status}" in fault]
        if said:
            self.who.faults.remove(said[0])

    def press(self, button: str | re.Pattern[str], path: str, status: int = 200) -> None:
        """Send the form of a button, whatever the browser would say of its fields; look at what comes back."""
        self.page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
        pressed = self.page.locator("button", has_text=button).first
        answered: list[Response] = []

        def note(response: Response) -> None:
            answered.append(response)

        self.page.on("response", note)
        with self.page.expect_navigation() as came:
            pressed.click()
        self.page.remove_listener("response", note)
        self.judge(came.value or answered[-1], path, status)  # an answer is sent by the page itself, which turns to what comes

    def refused(self, path: str, button: str | re.Pattern[str], status: int = 422, **typed: str) -> None:
        """Send a form with what is wrong in it: `typed` is {name of a field: text}. The page that comes back says so."""
        self.page.goto(self.who.town.site + path)
        self.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
        for name, text in typed.items():
            self.page.locator(f"main [name='{name}']").first.fill(text)
        self.press(button, f"{path} refused", status)
        if not self.page.locator("main .has-error, main [role=alert]").count():
            self.found.append(f"{path} does not say what is wrong")

    def fetch(self, *paths: str) -> None:
        """Files, with this person's cookies: they come, and are not empty."""
        for path in paths:
            response = self.who.context.request.get(self.who.town.site + path)
            if response.status != 200 or not response.body():
                self.found.append(f"{path} answered {response.status}, {len(response.body())} bytes")
            self.files.add(name_of(path))

    def download(self, path: str, button: str) -> None:
        """A file that a button gives, be it in a fold."""
        self.page.goto(self.who.town.site + path)
        self.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true })")
        with self.page.expect_download() as came:
            self.page.locator("button", has_text=button).first.click()
        if came.value.failure():
            self.found.append(f"{button}: {came.value.failure()}")
