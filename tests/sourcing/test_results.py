"""What real mail servers answer, and what the city then reads of its invitations."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.mail.actions import send_due
from sourcier.sourcing import queries
from sourcier.sourcing.models import Invitation
from tests.cities import City
from tests.mail.servers import free_port, moody
from tests.sourcing.scenes import invitation_of, sent
from tests.sourcing.stock import MATHILDE, PERRIER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def smtp(settings: Any) -> int:
    """Real sending, to a port where nobody listens yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 2
    return int(settings.EMAIL_PORT)


def test_with_the_server_down_invitations_wait_then_leave_each_with_its_own_link(city: City, smtp: int) -> None:
    sourcing = sent(city)
    send_due(timezone.now())
    assert queries.counts(sourcing).waiting == 2

    with moody(smtp) as server:
        send_due(timezone.now() + timedelta(minutes=5))

    assert (queries.counts(sourcing).sent, queries.counts(sourcing).waiting) == (2, 0)
    found = set()
    for raw in server.got:
        message = message_from_bytes(raw, policy=policy.default)
        text = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        [token] = re.findall(r"/r/([\w-]{43})", text)
        found.add(queries.invitation_by_token(token))
        assert "{{lien}}" not in text
    assert found == {invitation_of(sourcing, MATHILDE), invitation_of(sourcing, PERRIER)}


def test_an_address_that_the_server_refuses_is_shown_in_failure_and_the_other_leaves(city: City, smtp: int) -> None:
    sourcing = sent(city)
    with moody(smtp) as server:
        server.rcpt["contact@perrier.example"] = "550 No such user"
        send_due(timezone.now())

    assert invitation_of(sourcing, MATHILDE).state == Invitation.State.SENT
    assert invitation_of(sourcing, PERRIER).state == Invitation.State.FAILED
    assert PERRIER.siret in {item.firm.siret for item in queries.undelivered(sourcing)}
    assert Entry.objects.filter(verb="message.failed", stream=sourcing.need_id.hex).count() == 1
