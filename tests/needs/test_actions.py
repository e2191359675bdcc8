"""The life of a need through its actions: rights, conflict, journal, hostile words."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from sourcier.accounts.actions import add_department, grant, set_usual_places
from sourcier.accounts.agents import Agent, agent_for
from sourcier.accounts.models import DeliveryPlace, Department, Role
from sourcier.journal.models import Entry, Payload
from sourcier.journal.verify import verify
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries, rules
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict
from sourcier.spend.models import Family
from tests.cities import City
from tests.journal.entries import writes

PAIN = "Pain frais livré tous les jours avant 7 h pour les crèches"
EVERYTHING_UNKNOWN = list(rules.QUESTIONS)
BAKERY = Activity("NAFRev2", "10.71C")


def started(city: City, sentence: str = PAIN) -> Need:
    return actions.start(city.requester, sentence)


def submitted(city: City) -> Need:
    need = started(city)
    actions.save(city.requester, need.pk, need.version, unknown=EVERYTHING_UNKNOWN)
    return actions.submit(city.requester, need.pk)


def accepted(city: City) -> Need:
    return actions.accept(city.buyer, submitted(city).pk)


def count(city: City) -> int:
    return Entry.objects.filter(log_id=city.organisation.pk).count()


def refused(call: Any, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


def test_references_follow_each_other_in_each_city(city: City, other_city: City) -> None:
    first, second, elsewhere = started(city), started(city), started(other_city)
    year = first.created_at.year
    assert [first.reference, second.reference, elsewhere.reference] == [f"B-{year}-0001", f"B-{year}-0002", f"B-{year}-0001"]


def test_the_department_comes_from_the_account_and_is_asked_only_of_who_has_several(city: City) -> None:
    assert started(city).department == city.department
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    agent = agent_for(city.requester.user)
    assert agent
    assert refused(actions.start, agent, PAIN).field == "department"
    assert actions.start(agent, PAIN, greens).department == greens


def test_the_usual_places_come_from_the_department_ticked_and_told(city: City) -> None:
    set_usual_places(city.head_buyer, city.department.pk, [city.place.pk])
    need = started(city)
    assert [row.place for row in need.places.all()] == [city.place]
    assert "where" not in queries.unanswered(need)
    said = json.loads(bytes(Payload.objects.get(entry__verb="need.started").body))
    assert [place["name"] for place in said["places"]] == ["Crèche Jean-Mermoz"]
    assert verify(city.organisation.pk).problems == ()


def test_a_draft_changes_department_with_the_places_that_the_tool_ticked_and_no_others(city: City) -> None:
    greens = add_department(city.head_buyer, "Espaces verts")
    grant(city.organisation, city.requester.user, Role.REQUESTER, greens)
    denise = agent_for(city.requester.user)
    assert denise
    set_usual_places(city.head_buyer, greens.pk, [city.place.pk])
    need = actions.start(denise, PAIN, city.department)
    assert not need.places.exists()
    need = actions.say_again(denise, need.pk, need.version, "Des arbres", greens)
    assert (need.sentence, need.department, need.places.get().place) == ("Des arbres", greens, city.place)
    actions.set_places(denise, need.pk, {city.place.pk: "au fond"})
    second = DeliveryPlace.objects.create(
        organisation=city.organisation,
        name="Serre",
        address="2 rue X",
        postal_code="93110",
        commune="Rosny",
        lat_e6=1,
        lon_e6=1,
    )
    actions.set_places(denise, need.pk, {second.pk: ""})
    need = actions.change_department(denise, need.pk, city.department)
    assert need.department == city.department and need.places.get().place == second
    actions.save(denise, need.pk, need.version, unknown=EVERYTHING_UNKNOWN)
    actions.submit(denise, need.pk)
    assert refused(actions.change_department, denise, need.pk, greens).refusal.code == "wrong_state"
    assert refused(actions.change_department, city.requester, started(city).pk, greens).refusal.code == "wrong_role"
    problems = verify(city.organisation.pk).problems
    assert [problem for problem in problems if "place" in problem.sentence and "need" in problem.sentence] == []


@pytest.mark.parametrize("who", ["buyer", "head_buyer", "auditor", "admin"])
def test_only_a_requester_of_the_department_describes(city: City, who: str) -> None:
    before = count(city)
    assert refused(actions.start, getattr(city, who), PAIN, city.department).refusal.code == "wrong_role"
    assert count(city) == before and not Need.objects.exists()


def test_a_requester_of_another_department_neither_sees_nor_writes(city: City) -> None:
    need = started(city)
    greens = Department.objects.create(organisation=city.organisation, name="Espaces verts")
    other = stranger(city, greens)
    with pytest.raises(Need.DoesNotExist):
        actions.save(other, need.pk, need.version, what="autre chose")
    assert not queries.visible(other).exists()


def stranger(city: City, department: Department) -> Agent:
    from sourcier.accounts.actions import create_user

    user = create_user(city.organisation, email="paul@rosny.example", name="Paul", password="motdepasse-de-test")
    grant(city.organisation, user, Role.REQUESTER, department)
    agent = agent_for(user)
    assert agent
    return agent


def test_another_city_finds_nothing_by_any_action(city: City, other_city: City) -> None:
    need = submitted(city)
    before = count(city)
    for call in (
        lambda a: queries.get(a, need.pk),
        lambda a: actions.save(a, need.pk, need.version, what="x"),
        lambda a: actions.set_places(a, need.pk, {}),
        lambda a: actions.set_lots(a, need.pk, ["x"]),
        lambda a: actions.tick_activities(a, need.pk, [BAKERY]),
        lambda a: actions.accept(a, need.pk),
        lambda a: actions.send_back(a, need.pk, "x"),
        lambda a: actions.close(a, need.pk, "x"),
        lambda a: actions.say(a, need.pk, "x"),
        lambda a: actions.take_over(a, need.pk),
        lambda a: actions.keep_rule(a, need.pk, None, "supplies", {}),
    ):
        for agent in (other_city.requester, other_city.buyer, other_city.head_buyer):
            with pytest.raises(Need.DoesNotExist):
                call(agent)
    assert count(city) == before


def test_a_place_or_a_family_of_another_city_is_refused(city: City, other_city: City) -> None:
    need = started(city)
    assert refused(actions.set_places, city.requester, need.pk, {other_city.place.pk: ""}).field == "places"
    foreign = Family.objects.create(organisation=other_city.organisation, code="X", label="X", kind="supplies")
    need = submitted(city)
    with pytest.raises(Family.DoesNotExist):
        actions.keep_rule(city.buyer, need.pk, foreign, "supplies", {})


def test_saving_writes_one_entry_and_saving_the_same_writes_none(city: City) -> None:
    need = started(city)
    before = count(city)
    saved = actions.save(city.requester, need.pk, need.version, what="Baguettes", starts_on=date(2027, 1, 4))
    assert saved.version == 2 and count(city) == before + 1
    again = actions.save(city.requester, need.pk, saved.version, what="Baguettes", starts_on=date(2027, 1, 4))
    assert again.version == 2 and count(city) == before + 1


def test_two_people_at_once_the_second_sees_the_version_of_the_first_and_overwrites_nothing(city: City) -> None:
    need = submitted(city)
    actions.save(city.buyer, need.pk, need.version, what="Baguettes de 250 g")
    before = count(city)
    with pytest.raises(Conflict) as caught:
        actions.save(city.second_buyer, need.pk, need.version, what="Pain de campagne")
    assert caught.value.current.what == "Baguettes de 250 g"
    assert "Bruno Rosny a modifié cette page à" in caught.value.sentence and "Rien n'est perdu" in caught.value.sentence
    need.refresh_from_db()
    assert need.what == "Baguettes de 250 g" and count(city) == before


def test_a_page_of_answers_is_written_whole_or_not_at_all(city: City) -> None:
    need = started(city)
    refused(
        actions.describe, city.requester, need.pk, need.version, {"what": "Baguettes"}, {city.place.pk: ""}, ["x"] * 31
    )  # fmt: skip
    need.refresh_from_db()
    assert need.what == "" and not need.places.exists() and need.version == 1
    version = actions.describe(city.requester, need.pk, 1, {"what": "Baguettes"}, {city.place.pk: "60"}, ["Crèches"])
    assert version == 4 and need.places.get().note == "60" and need.lots.get().title == "Crèches"


def test_a_page_that_writes_nothing_does_not_learn_a_newer_version(city: City) -> None:
    need = started(city)
    actions.save(city.requester, need.pk, 1, what="Baguettes")
    assert actions.describe(city.requester, need.pk, 1, {"how_much": ""}) == 1


def test_an_answer_wins_over_i_do_not_know(city: City) -> None:
    need = started(city)
    need = actions.save(city.requester, need.pk, need.version, unknown=EVERYTHING_UNKNOWN)
    need = actions.save(city.requester, need.pk, need.version, how_much="60 par jour")
    need = actions.set_places(city.requester, need.pk, {city.place.pk: ""})
    assert need.unknown == ["what", "when", "estimate"]


def test_a_need_is_sent_once_each_question_is_answered_or_unknown(city: City) -> None:
    need = started(city)
    assert refused(actions.submit, city.requester, need.pk).field == "what"
    assert submitted(city).state == "submitted"


def test_return_resend_accept_and_close_each_say_who_has_it(city: City) -> None:
    need = submitted(city)
    assert "service achats" in queries.standing(need).sentence
    need = actions.send_back(city.buyer, need.pk, "Combien de crèches ?")
    assert need.state == "returned" and need.reason == "Combien de crèches ?"
    assert [line.button for line in queries.awaiting(city.requester)] == ["Compléter"]
    need = actions.submit(city.requester, need.pk)
    assert need.reason == "" and [line.button for line in queries.awaiting(city.buyer)] == ["Lire ce besoin"]
    need = actions.accept(city.buyer, need.pk)
    assert need.buyer == city.buyer.user and "Bruno Rosny" in queries.standing(need).sentence
    assert [line.url for line in queries.awaiting(city.buyer)] == [f"/achats/{need.pk}/activites/"]
    assert queries.awaiting(city.second_buyer) == [] and len(queries.awaiting(city.head_buyer)) == 1
    need = actions.close(city.buyer, need.pk, "Un marché existe déjà.")
    assert need.state == "closed" and queries.awaiting(city.buyer) == []


def test_a_reason_is_compulsory_to_return_and_to_close(city: City) -> None:
    need = submitted(city)
    assert refused(actions.send_back, city.buyer, need.pk, "  ").field == "reason"
    assert refused(actions.close, city.buyer, need.pk, "").field == "reason"


def test_the_buyer_completes_but_never_rewrites_the_sentence(city: City) -> None:
    need = submitted(city)
    need = actions.save(city.buyer, need.pk, need.version, title="Pain des crèches", kind="supplies", what="Baguettes")
    assert need.title == "Pain des crèches"
    assert refused(actions.save, city.buyer, need.pk, need.version, sentence="Autre").refusal.code == "wrong_field"
    assert refused(actions.save, city.requester, need.pk, need.version, what="x").refusal.code == "wrong_role"
    assert refused(actions.save, city.auditor, need.pk, need.version, what="x").refusal.code == "wrong_role"


def test_the_rule_of_the_day_is_kept_with_its_family_and_refused_when_it_is_not_canonical(city: City) -> None:
    need = submitted(city)
    family = Family.objects.create(organisation=city.organisation, code="PAIN", label="Pain", kind="supplies")
    need = actions.keep_rule(city.buyer, need.pk, family, "supplies", {"threshold_cents": 6_000_000, "on": "2026-11-23"})
    assert need.rule == {"threshold_cents": 6_000_000, "on": "2026-11-23"} and need.family == family
    with pytest.raises(ValueError):
        actions.keep_rule(city.buyer, need.pk, family, "supplies", {"share": 0.82})


def test_the_words_that_matched_are_read_again_by_the_action(city: City) -> None:
    need = started(city)
    actions.tick_activities(city.requester, need.pk, [BAKERY, Activity("NAFRev2", "81.30Z"), BAKERY])
    bread, green = need.activities.order_by("code")
    assert bread.proposed and "pain" in [word.lower() for word in bread.words]
    assert not green.proposed and green.words == []
    unknown = refused(actions.tick_activities, city.requester, need.pk, [Activity("NAFRev2", "99.99X")])
    assert unknown.field == "activities"
    assert unknown.sentence == "Le code 99.99X n'existe pas dans la nomenclature. Les plus proches : 99.00Z."
    assert need.activities.count() == 2


@time_machine.travel(datetime(2025, 6, 10, 9, tzinfo=UTC))
def test_taking_over_copies_everything_a_year_later_and_leaves_the_old_need(city: City) -> None:
    old = started(city)
    actions.save(city.requester, old.pk, 1, what="Baguettes", starts_on=date(2025, 2, 28), estimate_cents=1_800_000)
    actions.describe(city.requester, old.pk, 2, {}, {city.place.pk: "60 baguettes"}, ["Crèches", "École"])
    actions.tick_activities(city.requester, old.pk, [BAKERY])
    new = actions.take_over(city.requester, old.pk)
    assert new.taken_over_from == old and new.state == "draft" and new.reference != old.reference
    assert (new.what, new.starts_on, new.estimate_cents) == ("Baguettes", date(2026, 2, 28), 1_800_000)
    assert new.places.get().note == "60 baguettes" and [lot.title for lot in new.lots.all()] == ["Crèches", "École"]
    assert new.activities.get().code == "10.71C"
    assert refused(actions.take_over, city.buyer, old.pk).refusal.code == "wrong_role"


@time_machine.travel(datetime(2026, 11, 27, 9, tzinfo=UTC))
def test_a_purchase_of_four_years_ago_is_taken_over_for_the_first_year_to_come(city: City) -> None:
    old = started(city)
    actions.save(city.requester, old.pk, 1, starts_on=date(2022, 1, 3), ends_on=date(2022, 12, 31))
    new = actions.take_over(city.requester, old.pk)
    assert (new.starts_on, new.ends_on) == (date(2027, 1, 3), date(2027, 12, 31))


def test_department_and_buyer_talk_with_files_and_the_auditor_only_reads(city: City) -> None:
    need = submitted(city)
    photo = SimpleUploadedFile("note.txt.pdf", pdf(), "application/pdf")
    message = actions.say(city.requester, need.pk, "Voici <script>alert(1)</script> la liste", [photo])
    assert message.files.get().name.endswith(".pdf")
    actions.say(city.buyer, need.pk, "Merci")
    before = count(city)
    assert refused(actions.say, city.auditor, need.pk, "x").refusal.code == "wrong_role"
    virus = refused(actions.say, city.buyer, need.pk, "un virus", [SimpleUploadedFile("x.pdf", b"MZ\x90\x00not a pdf")])
    assert virus.field == "files" and virus.sentence.startswith("« x.pdf » : Ce type de fichier n'est pas accepté.")
    assert count(city) == before and need.messages.count() == 2


def pdf() -> bytes:
    from io import BytesIO

    import pikepdf

    out = BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("field", ["sentence", "what", "how_much", "where_note"])
def test_fifty_thousand_characters_are_refused_beside_their_field(city: City, field: str) -> None:
    need = started(city)
    error = refused(actions.save, city.requester, need.pk, need.version, **{field: "é" * 50_000})
    assert error.field == field and "50000" in error.sentence and "Rien n'est perdu" in error.sentence


def test_an_end_before_the_start_and_an_absurd_amount_are_refused(city: City) -> None:
    need = started(city)
    wrong = {"starts_on": date(2027, 5, 1), "ends_on": date(2027, 4, 1)}
    assert refused(actions.save, city.requester, need.pk, 1, **wrong).field == "ends_on"
    for cents in (0, -5, rules.MAX_CENTS + 1):
        assert refused(actions.save, city.requester, need.pk, 1, estimate_cents=cents).field == "estimate_cents"


def test_the_journal_agrees_with_the_rows_after_a_whole_life(city: City) -> None:
    second = DeliveryPlace.objects.create(
        organisation=city.organisation, name="École", address="2 rue X", postal_code="93110", commune="Rosny",
        lat_e6=48_870_000, lon_e6=2_480_000,
    )  # fmt: skip
    need = started(city)
    actions.describe(city.requester, need.pk, 1, {"what": "Baguettes"}, {city.place.pk: "60"}, ["A", "B"])
    actions.describe(city.requester, need.pk, 4, {"unknown": EVERYTHING_UNKNOWN}, {second.pk: "20"}, ["A"])
    actions.tick_activities(city.requester, need.pk, [BAKERY])
    actions.tick_activities(city.requester, need.pk, [Activity("NAFRev2", "47.24Z")])
    actions.submit(city.requester, need.pk)
    actions.accept(city.buyer, need.pk)
    actions.keep_rule(city.buyer, need.pk, None, "supplies", {"on": "2026-11-23"})
    actions.say(city.buyer, need.pk, "Merci")
    report = verify(city.organisation.pk)
    assert [problem for problem in report.problems if "need" in str(problem) or "lot" in str(problem)] == []


def test_the_rooms_above_mark_a_need_asked_awarded_or_closed_without_an_entry_of_their_own(city: City) -> None:
    need = accepted(city)
    before = count(city)
    assert actions.mark_asked(need).state == "asked"
    assert actions.mark_asked(need).state == "asked"
    assert actions.mark_awarded(need).state == "awarded"
    assert refused(actions.mark_closed, need, "trop tard").refusal.code == "wrong_state"
    assert count(city) == before


@pytest.mark.parametrize("number", [1, 3])
def test_what_awaits_costs_the_same_number_of_queries_whatever_the_number_of_needs(
    city: City, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        accepted(city)
        actions.say(city.requester, submitted(city).pk, "Bonjour")
    with django_assert_num_queries(3):
        assert len(queries.awaiting(city.head_buyer)) == 3 * number
    with django_assert_num_queries(3):
        assert len(queries.in_progress(city.requester, timezone.now())) == 2 * number


def test_the_questions_of_a_family_are_answered_and_told_to_the_firms(city: City) -> None:
    need = started(city)
    with writes(city.organisation.pk, "need.saved", "need.saved"):
        need = actions.save(city.requester, need.pk, need.version, details={"bread_weight": " 250 g ", "allergens": None})
        need = actions.save(city.requester, need.pk, need.version, details={"days": "Du lundi au vendredi"})
    assert need.details == [
        {"id": "bread_weight", "name": "Poids", "answer": "250 g"},
        {"id": "days", "name": "Jours", "answer": "Du lundi au vendredi"},
        {"id": "allergens", "name": "Allergènes", "answer": None},
    ]
    assert verify(city.organisation.pk).ok


def test_an_answer_of_another_page_is_not_overwritten_and_a_strange_question_is_refused(city: City) -> None:
    need = started(city)
    actions.save(city.requester, need.pk, need.version, details={"bread_weight": "250 g"})
    with pytest.raises(Conflict):
        actions.save(city.requester, need.pk, need.version, details={"bread_weight": "300 g"})
    with pytest.raises(Refused) as refused:
        actions.save(city.requester, need.pk, need.version + 1, details={"never": "Oui"})
    assert refused.value.field == "details"
    with pytest.raises(Refused) as refused:
        actions.save(city.requester, need.pk, need.version + 1, details={"days": "x" * 301})
    assert refused.value.field == "detail_days"


def test_the_meter_reads_the_fields_of_the_need_and_the_hours_of_its_places(city: City) -> None:
    need = started(city)
    before = queries.refining(need)
    assert before.asked[0].question.id == "bread_weight"
    need = actions.save(
        city.requester,
        need.pk,
        need.version,
        what="Baguettes de 250 g",
        starts_on=date(2027, 1, 4),
        details={"allergens": None},
    )
    need = actions.set_places(city.requester, need.pk, {city.place.pk: ""})
    after = queries.refining(need)
    assert after.meter.points > before.meter.points
    assert next(each.said for each in after.asked if each.question.id == "bread_weight") == "250 g"
    assert {"what", "where", "when"}.isdisjoint({each.id for each in after.meter.missing})
