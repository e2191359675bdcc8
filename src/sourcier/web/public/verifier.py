"""« Vérifier »: the page of the dossiers, served with the keys of the site's cities; what is dropped there never leaves it."""

import base64
import json
import re
from functools import cache
from hashlib import sha256

from csp.constants import NONE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from sourcier.accounts.models import Organisation
from sourcier.dossier.contents import HELPERS, OFFLINE, helper
from sourcier.journal import key_line
from sourcier.journal.keys import changes
from sourcier.journal.models import Log
from sourcier.web.rights import public

KEYS = '<script type="application/json" id="keys">[]</script>'
OWN_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')


@cache
def _offline() -> str:
    """The page as it lies in each dossier; its policy gives way to that of the answer, which is stricter."""
    return OWN_POLICY.sub("", (OFFLINE / "VERIFIER.html").read_text(encoding="utf-8"))


def _hash_of(tag: str) -> str:
    """What the policy names instead of « unsafe-inline »: the hash of the only script, or of the only style."""
    [text] = re.findall(f"<{tag}>(.*?)</{tag}>", _offline(), re.DOTALL)
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _keys(log: Log) -> list[dict[str, str]]:
    """Today's key, then those before it, each with how it came to an end."""
    ended = [(change.old, key_line.told(change)) for change in reversed(changes(log.pk))]
    return [{"key": base64.b64encode(key).decode(), "ended": end} for key, end in ((bytes(log.public_key), ""), *ended)]


@public
@require_safe
@csp(
    {
        "default-src": [NONE], "script-src": [_hash_of("script")], "style-src": [_hash_of("style")], "form-action": [NONE],
        "base-uri": [NONE], "frame-ancestors": [NONE],
    }
)  # fmt: skip
def verifier(request: HttpRequest) -> HttpResponse:
    """The policy leaves the page no address to send anything to."""
    cities = dict(Organisation.objects.values_list("pk", "name"))
    keys = [
        {"origin": log.origin, "city": cities[log.pk], "keys": _keys(log)}
        for log in Log.objects.filter(pk__in=cities).order_by("origin")
    ]
    text = json.dumps(keys, ensure_ascii=False).replace("<", "\\u003c")
    return HttpResponse(_offline().replace(KEYS, KEYS.replace("[]", text)))


@public
@require_safe
def sums(request: HttpRequest) -> HttpResponse:
    """SHA-256 of what checks a dossier, to tell whether the copy in a ZIP is ours; as `sha256sum -c` reads it."""
    lines = (f"{sha256(helper(name)).hexdigest()}  {name}\n" for name in sorted(HELPERS))
    return HttpResponse("".join(lines), content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("verifier/", verifier, name="verifier"),
    path("verifier/SHA256SUMS", sums, name="verifier_sums"),
]
