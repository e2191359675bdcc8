"""What a sentence still leaves open: the questions of its family, and two needs in one."""

from sourcier.needs import actions
from sourcier.needs.interest_rules import NO_INTEREST, PANEL
from sourcier.needs.models import Need
from sourcier.sourcing.actions import panel
from tests.cities import City
from tests.web.clients import signed_in
from tests.web.needs import HTMX, PAIN, SCRIPT, TWO, UNKNOWN, answers, draft, reload, url


def test_the_questions_of_the_family_are_asked_explained_and_kept(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    page = client.get(url("need_edit", need)).content.decode()
    assert "Quel poids fait chaque pain ?" in page and "Une baguette ne pèse pas partout" in page
    assert "Déjà dit" in page and "avant 7 h" in page and "Trop vague" in page
    typed = answers(need, detail_bread_weight="250 g", unknown_detail_allergens="on", detail_allergens="", detail_days="")
    client.post(url("need_edit", need), typed)
    assert [(row["id"], row["answer"]) for row in reload(need).details] == [("bread_weight", "250 g"), ("allergens", None)]
    client.post(url("need_edit", need), answers(need, send="1"))
    assert len(reload(need).details) == 2, "a page without these questions takes no answer back"
    page = signed_in(city.buyer).get(url("need", need)).content.decode()
    assert "<dt>Poids</dt><dd>250 g</dd>" in page and "Est-ce assez précis" in page
    assert "Allergènes : vous ne savez pas encore." in page


def test_the_meter_and_the_questions_follow_what_is_typed(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    fields = {"question": "details", "version": 1, "detail_bread_weight": "250 g"}
    page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
    assert 'id="meter" hx-swap-oob="true"' in page and reload(need).details[0]["answer"] == "250 g"
    fields = {"question": "sentence", "version": 2, "sentence": "Entretien des 6 ascenseurs", "detail_bread_kinds": "Tradition"}
    page = client.post(url("need_edit", need), fields, **HTMX).content.decode()
    assert "Quelles marques, quels modèles" in page and 'name="detail_bread_weight"' in page
    assert [row["answer"] for row in reload(need).details] == ["250 g", "Tradition"], "nothing typed is lost"


def test_two_people_at_the_same_question_see_both_answers(city: City) -> None:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, details={"bread_weight": "300 g"})
    mine = {"question": "details", "version": 1, "detail_bread_weight": "250 g", "detail_days": "Lundi"}
    page = signed_in(city.requester).post(url("need_edit", need), mine, **HTMX).content.decode()
    assert "300 g" in page and "250 g" in page and "Garder les miens" in page


def test_a_long_or_hostile_answer_is_refused_beside_its_question_or_shown_as_text(city: City) -> None:
    need = draft(city)
    client = signed_in(city.requester)
    page = client.post(url("need_edit", need), answers(need, detail_days="x" * 301)).content.decode()
    assert "Ce texte compte 301 caractères" in page and "x" * 301 in page
    client.post(url("need_edit", need), answers(need, detail_days=SCRIPT))
    assert SCRIPT not in client.get(url("need", need)).content.decode()


def test_the_answers_reach_the_request_as_lines(city: City) -> None:
    need = draft(city)
    actions.save(city.requester, need.pk, 1, unknown=UNKNOWN, details={"bread_weight": "250 g", "days": None})
    actions.submit(city.requester, need.pk)
    actions.accept(city.buyer, need.pk)
    actions.declare(city.buyer, need.pk, PANEL, NO_INTEREST)
    assert panel.start(city.buyer, need.pk, "rfq").description == f"{PAIN}\n\nPoids : 250 g"


def test_a_sentence_of_two_needs_is_seen_as_it_is_written_and_split_by_a_click(city: City) -> None:
    need, client = draft(city, TWO), signed_in(city.requester)
    page = client.get(url("need_edit", need)).content.decode()
    assert "Votre phrase dit peut-être deux besoins" in page and url("need_split", need) in page
    answer = client.post(url("need_split", need), {"version": need.version}, follow=True).content.decode()
    other = Need.objects.exclude(pk=need.pk).get()
    assert other.sentence == "réparer l'ascenseur" and other.reference in answer and "garde le premier" in answer
    assert "Votre phrase dit peut-être deux besoins" not in client.get(url("need_edit", need)).content.decode()


def test_the_note_on_two_needs_comes_and_goes_with_the_sentence_saved_alone(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    typed = {"version": need.version, "question": "sentence", "sentence": TWO}
    saved = client.post(url("need_edit", need), typed, **HTMX).content.decode()
    assert "deux besoins" in saved and 'id="halves" hx-swap-oob' in saved
    need.refresh_from_db()
    saved = client.post(url("need_edit", need), {**typed, "version": need.version, "sentence": PAIN}, **HTMX).content.decode()
    assert "deux besoins" not in saved and 'id="halves" hx-swap-oob' in saved
