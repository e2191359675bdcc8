"""A need written from one sentence to sent, with and without JavaScript: what is typed is never lost."""

from django.urls import reverse

from sourcier.accounts.actions import grant
from sourcier.accounts.models import Department, Role
from sourcier.needs import actions
from sourcier.needs.models import Need
from tests.cities import City
from tests.web.clients import signed_in
from tests.web.needs import HTMX, PAIN, SCRIPT, UNKNOWN, answers, draft, reload, submitted, url


def test_from_one_sentence_to_sent_in_few_actions(city: City) -> None:
    client = signed_in(city.requester)
    response = client.post(reverse("need_new"), {"sentence": PAIN})
    need = Need.objects.get()
    assert response.url == url("need_edit", need)  # type: ignore[attr-defined]
    typed = answers(need, what="Baguettes", how_much="60 par jour", places=str(city.place.pk), starts_on="2027-01-04", send="1")
    typed |= {f"note-{city.place.pk}": "60", "estimate_cents": "18 240,50", "lots": "Crèches\nÉcoles"}
    response = client.post(url("need_edit", need), typed)
    assert response.url == url("need", need)  # type: ignore[attr-defined]
    need = reload(need)
    assert need.state == "submitted" and need.estimate_cents == 1_824_050 and need.unknown == []
    assert need.places.get().note == "60" and [lot.title for lot in need.lots.all()] == ["Crèches", "Écoles"]
    page = client.get(url("need", need)).content.decode()
    assert "18\u202f240,50" in page and "service achats" in page and "Réponse de l&#x27;acheteur attendue" in page


def test_the_department_is_asked_only_of_who_has_several(city: City) -> None:
    client = signed_in(city.requester)
    assert "Pour quel service" not in client.get(reverse("need_new")).content.decode()
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    response = client.post(reverse("need_new"), {"sentence": PAIN})
    assert "Choisissez le service." in response.content.decode() and PAIN in response.content.decode()
    client.post(reverse("need_new"), {"sentence": PAIN, "department": str(greens.pk)})
    assert Need.objects.get().department == greens


def test_the_first_sentence_is_saved_as_it_is_typed_in_one_draft(city: City) -> None:
    client = signed_in(city.requester)
    first = client.post(reverse("need_new"), {"sentence": "Pain fr", "draft": "", "version": ""}, **HTMX)
    need = Need.objects.get()
    assert first["HX-Replace-Url"] == url("need_edit", need) and "Enregistré à" in first.content.decode()
    assert f'name="draft" id="draft" value="{need.pk}" hx-swap-oob="true"' in first.content.decode()
    typed = {"sentence": PAIN, "draft": str(need.pk), "version": "1"}
    again = client.post(reverse("need_new"), typed, **HTMX).content.decode()
    assert 'id="version" value="2"' in again and reload(need).sentence == PAIN
    assert PAIN in client.get(first["HX-Replace-Url"]).content.decode()
    response = client.post(reverse("need_new"), {**typed, "version": "2"})
    assert response.url == url("need_edit", need) and Need.objects.count() == 1  # type: ignore[attr-defined]


def test_what_keeps_the_first_sentence_from_being_saved_is_said_at_once(city: City) -> None:
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    client = signed_in(city.requester)
    for typed, said in (
        ({"sentence": PAIN}, "Choisissez le service."),
        ({"sentence": "é" * 501, "department": str(greens.pk)}, "501 caractères"),
        ({"sentence": " ", "department": str(greens.pk)}, "Écrivez votre besoin"),
    ):
        page = client.post(reverse("need_new"), typed, **HTMX)
        assert said in page.content.decode() and "Rien n'est encore enregistré." in page.content.decode()
        assert "HX-Replace-Url" not in page and not Need.objects.exists()
    client.post(reverse("need_new"), {"sentence": PAIN, "department": str(greens.pk)}, **HTMX)
    need = Need.objects.get()
    moved = {"sentence": PAIN, "department": str(city.department.pk), "draft": str(need.pk), "version": "1"}
    client.post(reverse("need_new"), moved, **HTMX)
    assert reload(need).department == city.department


def test_a_draft_of_another_city_or_already_sent_is_not_written_from_the_first_page(city: City, other_city: City) -> None:
    sent, theirs = submitted(city), draft(other_city)
    client = signed_in(city.requester)
    for htmx in ({}, HTMX):
        typed = {"sentence": "Autre", "draft": str(theirs.pk), "version": "1"}
        assert client.post(reverse("need_new"), typed, **htmx).status_code == 404
        page = client.post(reverse("need_new"), {"sentence": "Autre", "draft": str(sent.pk), "version": "9"}, **htmx)
        assert "Votre rôle ne permet pas" in page.content.decode() or "est parti chez" in page.content.decode()
    assert reload(theirs).sentence == PAIN and reload(sent).sentence == PAIN and Need.objects.count() == 2


def test_each_question_is_saved_as_it_is_answered(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), {"question": "what", "version": 1, "what": "Baguettes"}, **HTMX).content.decode()
    assert "Enregistré à" in page and 'value="2"' in page and 'hx-swap-oob="true"' in page
    client.post(url("need_edit", need), {"question": "where", "version": 2, "places": str(city.place.pk)}, **HTMX)
    client.post(url("need_edit", need), {"question": "estimate", "version": 3, "unknown_estimate": "on"}, **HTMX)
    need = reload(need)
    assert need.what == "Baguettes" and need.places.count() == 1 and need.unknown == ["estimate"]


def test_one_question_saved_leaves_the_others_alone(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    actions.save(city.requester, need.pk, 1, how_much="60", unknown=["when"])
    client.post(url("need_edit", need), {"question": "what", "version": 2, "what": "Baguettes"}, **HTMX)
    need = reload(need)
    assert (need.how_much, need.unknown, need.what) == ("60", ["when"], "Baguettes")


def test_an_unreadable_amount_is_said_beside_its_question_and_nothing_is_lost(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    for typed in ("beaucoup", "1e999999999", "-5", "0", "9" * 23, "NaN", "Infinity"):
        fields = {"question": "estimate", "version": reload(need).version, "estimate_cents": typed}
        page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
        part = page[page.index('id="error-estimate"') :]
        assert part[part.index(">") + 1] not in "<", typed
    page = client.post(url("need_edit", need), answers(need, estimate_cents="beaucoup", what="Baguettes")).content.decode()
    assert 'value="beaucoup"' in page and "Baguettes" in page and reload(need).estimate_cents is None
    assert reload(need).what == "Baguettes"


def test_after_a_partly_unreadable_page_the_next_save_is_no_conflict(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), answers(need, what="Baguettes", starts_on="hier"))
    assert page.context["version"] == reload(need).version
    client.post(url("need_edit", need), answers(need, version=page.context["version"], what="Pain", starts_on="2027-01-04"))
    assert reload(need).what == "Pain"


def test_an_unanswered_question_is_shown_when_sending_and_the_need_stays(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), {"version": 1, "sentence": PAIN, "what": "Baguettes", "send": "1"})
    assert page.content.decode().count("Répondez, ou cochez « Je ne sais pas ».") == 4
    assert reload(need).state == "draft" and reload(need).what == "Baguettes"


def test_two_people_at_once_see_both_versions_and_choose(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    version = need.version
    actions.save(city.second_buyer, need.pk, version, what="Baguettes de 250 g")
    mine = {"question": "what", "version": version, "what": "Pain de campagne"}
    response = client.post(url("need_edit", need), mine, **HTMX)
    page = response.content.decode()
    assert response["HX-Retarget"] == "#conflict"
    assert "Salima Rosny a modifié cette page" in page and "Baguettes de 250 g" in page and "Pain de campagne" in page
    assert reload(need).what == "Baguettes de 250 g"
    response = client.post(url("need_edit", need), {**mine, "version_seen": version + 1}, **HTMX)
    assert response["HX-Refresh"] == "true" and reload(need).what == "Pain de campagne"


def test_without_javascript_the_conflict_page_keeps_what_was_typed(city: City) -> None:
    need, client = submitted(city), signed_in(city.buyer)
    typed = answers(need, what="Pain de campagne", estimate_cents="18000")
    actions.save(city.second_buyer, need.pk, need.version, what="Baguettes")
    page = client.post(url("need_edit", need), typed)
    assert "Baguettes" in page.content.decode() and "Pain de campagne" in page.content.decode()
    assert page.context["version"] == typed["version"] and reload(need).what == "Baguettes"
    client.post(url("need_edit", need), {**typed, "version_seen": reload(need).version})
    assert reload(need).what == "Pain de campagne" and reload(need).estimate_cents == 1_800_000


def test_hostile_words_are_shown_as_words(city: City) -> None:
    need, client = draft(city, SCRIPT), signed_in(city.requester)
    actions.save(city.requester, need.pk, 1, what=SCRIPT, how_much="=1+1", unknown=UNKNOWN)
    actions.say(city.requester, need.pk, SCRIPT)
    for name in ("need", "need_edit", "activities"):
        page = client.get(url(name, need)).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "<script>alert" not in client.get(reverse("needs")).content.decode()


def test_fifty_thousand_characters_are_refused_and_still_on_the_page(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    long = "é" * 50_000
    page = client.post(url("need_edit", need), answers(need, what=long)).content.decode()
    assert long in page and "50000 caractères" in page and reload(need).what == ""
    assert long in client.post(reverse("need_new"), {"sentence": long}).content.decode()


def test_last_years_purchase_is_taken_over_in_one_button(city: City) -> None:
    need, client = submitted(city), signed_in(city.requester)
    actions.close(city.buyer, need.pk, "Un marché existe.")
    assert "Reprendre" in client.get(reverse("need_new")).content.decode()
    response = client.post(url("need_take_over", need))
    new = Need.objects.get(taken_over_from=need)
    assert response.url == url("need_edit", new)  # type: ignore[attr-defined]
