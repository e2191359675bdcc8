"""The letter on paper: one page a firm, its square and its code readable, users' words set as words."""

import pytest
import zxingcpp

from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.sourcing import letter, queries
from sourcier.sourcing.actions import posting, questions
from sourcier.sourcing.briefs import brief, link
from sourcier.sourcing.letter.poster import poster
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.pdf import pictures_of, text_of
from tests.sourcing.scenes import invitation_of, sent
from tests.sourcing.stock import LEFORT, MATHILDE

pytestmark = pytest.mark.django_db
HOSTILE = '#read("/etc/passwd") #panic() $x^2$ *gras* [crochet] \\ "guillemets" `code` @ref <étiquette> // rem'


def test_the_square_leads_to_the_firm_s_page_and_the_code_opens_it(city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    pdf = letter.invitation_letters(sourcing, [lefort])

    [page] = pictures_of(pdf)
    [square] = zxingcpp.read_barcodes(page)
    token = square.text.rsplit("/", 1)[-1]
    assert queries.invitation_by_token(token) == lefort
    written = text_of(pdf)
    code = tokens.format_code(tokens.code(lefort.seed))
    assert code in written
    assert queries.invitation_by_code(code.lower().replace("-", " ")) == lefort


def test_the_letter_says_what_the_words_say(city: City) -> None:
    sourcing = sent(city)
    written = text_of(letter.invitation_letters(sourcing, [invitation_of(sourcing, LEFORT)]))
    for words in (
        "Objet : Nous cherchons un boulanger",
        "Madame, Monsieur,",
        "photographiez ce carré avec votre téléphone",
        "Cela prend trois minutes. C'est gratuit. Vous n'êtes pas obligé de répondre.",
        "Toutes les entreprises reçoivent la même information. Une entreprise d'ailleurs peut répondre aussi.",
        "répertoire public SIRENE (INSEE)",
        "Ne plus m'écrire",
        "CNIL",
        "Empreinte de la clé de la Ville",
        "Crèche Jean-Mermoz",
        "à partir du 4 janvier 2027",
        "prix 40, qualité 40, livraison 20",
        "BOULANGERIE LEFORT",
        "93110 ROSNY-SOUS-BOIS",
    ):
        assert words.lower() in written.replace("’", "'").lower(), words


def test_the_address_stands_in_the_window_of_the_envelope(city: City) -> None:
    sourcing = sent(city)
    # The window of a DL envelope, in points: 100 mm from the left, 42 to 78 mm from the top.
    seen = text_of(letter.invitation_letters(sourcing, [invitation_of(sourcing, LEFORT)]), (283, 119, 290, 102))
    assert seen.split("\n")[0].strip() == "BOULANGERIE LEFORT"
    assert "93110" in seen


def test_words_of_users_are_set_as_words_and_never_obeyed(city: City) -> None:
    sourcing = sent(city)
    city.organisation.name = city.organisation.address = city.organisation.commune = HOSTILE[:80]
    city.organisation.counter = city.organisation.phone = city.organisation.email = HOSTILE[:60]
    city.organisation.dpo_email = HOSTILE
    sourcing.organisation = city.organisation
    for field in ("title", "trade", "description", "contact_name", "contact_phone", "contact_hours"):
        setattr(sourcing, field, HOSTILE)
    sourcing.criteria.update(label=HOSTILE)
    city.place.name = city.place.address = HOSTILE
    city.place.save()
    lefort = invitation_of(sourcing, LEFORT)
    lefort.firm.name = lefort.firm.address = lefort.firm.commune = HOSTILE

    pdf = letter.invitation_letters(sourcing, [lefort])

    written = text_of(pdf)
    assert "root:" not in written
    assert written.count('#read("/etc/passwd") #panic()') >= 5
    assert len(pictures_of(pdf)) == 1


def test_one_page_a_firm_however_long_the_words(city: City) -> None:
    sourcing = sent(city)
    long = "Très longue phrase qui ne finit pas. " * 600
    sourcing.description, sourcing.title, sourcing.trade = long, long[:160], long[:80]
    sourcing.contact_name, sourcing.contact_hours = "M" * 120, "h" * 60
    sourcing.criteria.update(label="W" * 120)
    invitations = list(sourcing.invitations.select_related("firm"))
    assert len(pictures_of(letter.invitation_letters(sourcing, invitations))) == len(invitations) == 3


def test_printed_again_a_letter_is_the_same(city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    assert letter.invitation_letters(sourcing, [lefort]) == letter.invitation_letters(sourcing, [lefort])


def test_a_lost_key_is_said_and_no_letter_leaves_with_a_dead_link(city: City, settings: pytest.FixtureRequest) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    lefort.seed = tokens.new_seed()
    with pytest.raises(tokens.KeyLost):
        letter.invitation_letters(sourcing, [lefort])


def test_what_all_were_told_since_goes_on_paper_too(city: City) -> None:
    sourcing = sent(city)
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Faut-il livrer le samedi ?")
    questions.answer(city.buyer, question.pk, "Non, du lundi au vendredi.")
    written = text_of(letter.relay_letters(sourcing, list(queries.relays(sourcing))))
    assert "Question : Faut-il livrer le samedi ?" in written
    assert "Réponse : Non, du lundi au vendredi." in written
    assert "MATHILDE" not in written.upper()


@pytest.mark.parametrize(("cards", "squares"), [(False, 1), (True, 10)])
def test_the_poster_and_the_cards_lead_to_the_public_notice(city: City, cards: bool, squares: int) -> None:
    sourcing = sent(city)
    pdf = poster(sourcing, cards=cards)
    [page] = pictures_of(pdf, 150)
    read = zxingcpp.read_barcodes(page)
    assert [square.text for square in read] == [brief(sourcing).notice_url] * squares
    assert "cherche un boulanger" in text_of(pdf) and " ".join(format_moment(sourcing.deadline).split()) in text_of(pdf)


def test_without_a_public_notice_no_poster_leads_anywhere(city: City) -> None:
    sourcing = sent(city)
    sourcing.public_notice = False
    with pytest.raises(Refused):
        poster(sourcing)


def test_the_link_is_never_in_the_database(city: City) -> None:
    sourcing = sent(city)
    for invitation in Invitation.objects.filter(sourcing=sourcing):
        token, code = tokens.token(invitation.seed), tokens.code(invitation.seed)
        for model in (Sourcing, Invitation, Need):
            for row in model.objects.values():
                assert not any(secret in str(row) for secret in (token, code, link(token)))


def test_an_address_abroad_or_incomplete_is_left_to_the_telephone(city: City) -> None:
    sourcing = sent(city)
    lefort = invitation_of(sourcing, LEFORT)
    Firm.objects.filter(pk=lefort.firm_id).update(postal_code="", commune="Berlin")
    with pytest.raises(Refused) as refused:
        posting.print_letters(city.buyer, sourcing.pk)
    assert "étranger" in refused.value.sentence
    posting.mark_posted(city.buyer, lefort.pk, "Appelé, il répondra par l'avis public.")


def test_only_letters_are_printed_and_the_journal_says_by_whom(city: City) -> None:
    sourcing = sent(city)
    [printed] = posting.print_letters(city.buyer, sourcing.pk)
    assert printed.firm.siret == LEFORT.siret
