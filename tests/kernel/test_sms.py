import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.phones import NotMobile, masked, mobile, mobile_in, shown
from sourcier.kernel.sms import LIMIT, TooLong, asks_to_stop, one_sms, septets, writable

MARK = "{{lien}}"
SENTENCE = "{nom} vous demande un devis avant le 30/09 à 12 h : {{lien}} Fin : STOP"
LINKS = st.text(st.sampled_from("abcXYZ019-_./~"), max_size=80).map(lambda path: "https://achats.ville.example/r/" + path)


@given(st.text())
def test_any_text_becomes_one_line_that_telephones_write_in_seven_bits(text: str) -> None:
    once = writable(text)
    assert septets(once) >= len(once) and writable(once) == once and "\n" not in once


@given(st.text(max_size=200), LINKS)
def test_a_message_is_always_one_sms_and_its_link_is_never_cut(name: str, link: str) -> None:
    try:
        text = one_sms(SENTENCE, name.replace("{", ""), MARK, link)
    except TooLong:
        assert septets(SENTENCE.replace("{nom}", "").replace(MARK, link)) > LIMIT
    else:
        left = text.replace(MARK, link)
        assert septets(left) <= LIMIT and f" {link} Fin : STOP" in left


def test_accents_that_the_alphabet_lacks_are_replaced_and_extension_characters_count_two() -> None:
    assert writable("L’hôtel « Forêt » – ça vaut 3 € à Noël, œuf…\n\x1b") == 'L\'hotel " Foret " - ca vaut 3 € à Noel, oeuf...'
    assert (septets("Été à 3 €"), septets("[~]")) == (10, 6)
    with pytest.raises(ValueError, match="escape"):
        septets("\x1b")


def test_the_name_of_the_city_is_shortened_at_a_word_and_a_short_one_stays_whole() -> None:
    link = "https://achats.rosny.example/r/" + "a" * 43
    assert one_sms(SENTENCE, "Ville de Rosny", MARK, link).startswith("Ville de Rosny vous demande")
    long = one_sms(SENTENCE, "Communauté de communes du Pays de Saint-Rémy", MARK, link)
    assert long.startswith("Communauté de communes vous demande") and septets(long.replace(MARK, link)) <= LIMIT


@pytest.mark.parametrize(
    ("typed", "kept", "read", "hidden"),
    [
        ("06 12 34 56 12", "+33612345612", "06 12 34 56 12", "06 •• •• •• 12"),
        ("+33 (0)7 56 78 90 12", "+33756789012", "07 56 78 90 12", "07 •• •• •• 12"),
        ("0690 12 34 56", "+590690123456", "06 90 12 34 56", "06 •• •• •• 56"),
        ("+33 692 12 34 56", "+262692123456", "06 92 12 34 56", "06 •• •• •• 56"),
        ("+687 75 12 34", "+687751234", "+687 75 12 34", "+687 •• •• 34"),
    ],
)
def test_mobiles_of_the_mainland_and_overseas_are_kept_alike(typed: str, kept: str, read: str, hidden: str) -> None:
    assert (mobile(typed), shown(kept), masked(kept)) == (kept, read, hidden)
    assert mobile(read) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("01 48 12 34 56", "téléphone fixe"),
        ("0899 70 12 34", "numéro spécial"),
        ("+44 909 879 0000", "mobile français"),
        ("+32 470 12 34 56", "mobile français"),
        ("36180", "n'existe pas"),
        ("boulanger", "n'existe pas"),
    ],
)
def test_a_number_that_no_sms_reaches_is_refused_with_a_sentence(typed: str, said: str) -> None:
    with pytest.raises(NotMobile, match=said):
        mobile(typed)
    assert mobile_in(typed) == ""


def test_stop_is_heard_in_its_usual_forms_and_in_no_other_text() -> None:
    heard = ("STOP", " stop. ", "Arrêt", "ARRET SVP", "STOP SMS merci", "Stopper", "Fin", "Ne plus m'écrire", "désabonnement")
    other = ("oui", "Finalement oui, 0,85 €", "fin de chantier vendredi", "arrêt maladie jusqu'à lundi", "je peux livrer", "")
    assert all(map(asks_to_stop, heard)) and not any(map(asks_to_stop, other))
