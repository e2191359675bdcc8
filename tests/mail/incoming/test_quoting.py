"""What a person wrote, told from what his program quotes. Each expected text was written from a reading of the sample."""

from pathlib import Path

import pytest

from sourcier.mail.incoming import split

# The first and the last words that stay, and a word that is cut.
SAMPLES = {
    "correct_sig": ("this is an email with a correct -- signature.", "signature.", "rick"),
    "email_1_1": ("Hi folks", "I am currently using the Java HTTP API.", "riak-users"),
    "email_1_2": ("Hi,\n\nYou can list the keys", "you’ll need to delete them all individually.\"", "Hi folks"),
    "email_1_3": ("Oh thanks.", "Having the function would be great.", "Russell Brown"),
    "email_1_4": ("Awesome!", "another problem with it.", "Loader"),
    "email_1_5": ("One: Here's what I've got.\n\n- This would be", "It goes on and on\nfor a while.", ""),
    "email_1_6": ("I get proper", "rendering as well.", "torch of pixels"),
    "email_1_7": (":+1:", ":+1:", "Chris Wanstrath"),
    "email_1_8": ("I will reply under this one", "and under this.", "Tim Haines"),
    "email_2_1": ("Outlook", "Outlook with a reply", "Google Apps Sync Team"),
    "email_2_2": ("Outlook", "with a reply directly above line", "I am replying to a comment."),
    "email_2_3": ("Outlook", "above headers using unusual format", "Respond to Kim"),
    "email_BlackBerry": ("Here", "Here is another email", "BlackBerry"),
    "email_bullets": ("test 2 this should", "- how about bullets\n   - and another", "Joe Smith"),
    "email_gmail": ("This is a test", "replying to a github message.", "Steven Scott"),
    "email_headers_no_delimiter": ("And another reply!", "And another reply!", "Dan Watson"),
    "email_iPhone": ("Here", "Here is another email", "iPhone"),
    "email_multi_word_sent_from_my_mobile_device": ("Here", "Here is another email", "Verizon"),
    "email_one_is_not_on": ("Thank, this is really helpful.", "(on development), when I run...", "Dave Tapley"),
    "email_partial_quote_header": ("On your remote host you can run:", "the tunnel is not working.", "George Plymale"),
    "email_sent_from_my_not_signature": ("Here", "Sent from my desk, is much easier then my mobile phone.", ""),
    "email_sig_delimiter_in_middle_of_line": ("Hi there!", "this is not a signature.\n\nkthxbai", ""),
    "greedy_on": ("On your remote host you can run:", "the tunnel is not working.", "textmate/rmate"),
    "pathological": ("I think you're onto something.", "get back to a computer.", "John Sullivan"),
}  # fmt: skip


def words(text: str) -> list[str]:
    return text.split()


def test_the_reply_samples_keep_what_was_written_and_nothing_is_lost(shared_data: Path) -> None:
    samples = {path.stem: path.read_text(encoding="utf-8") for path in (shared_data / "eml" / "zapier-reply").glob("*.txt")}
    assert samples.keys() == SAMPLES.keys()
    for name, text in samples.items():
        begins, ends, cut = SAMPLES[name]
        found = split(text)
        assert found.text.startswith(begins), name
        assert found.text.endswith(ends), name
        assert not cut or (cut not in found.text and cut in found.quoted), name
        assert sorted(words(found.text) + words(found.quoted)) == sorted(words(text)), name


@pytest.mark.parametrize(
    "header",
    [
        "Le mar. 24 nov. 2026 à 10:12, Ville de Montval <achats@montval.example> a écrit :\n\n> Bonjour",
        "Le mar. 24 nov. 2026 à 10:12, Ville de Montval <achats@montval.example> a\nécrit :\n\n> Bonjour",
        "Le 24/11/2026 à 10:12, Ville de Montval a écrit\u00a0:\n> Bonjour",
        "Le mardi 24 novembre 2026 à 10:12:33 UTC+1, Ville <a@b.example> a écrit :\n\nBonjour, sans chevron",
        "Envoyé de mon iPhone\n\n> Le 24 nov. 2026 à 10:12, Ville de Montval <a@b.example> a écrit :\n> \n> Bonjour",
        "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>\n________________________________\n"
        "De : Ville de Montval <a@b.example>\nEnvoyé : mardi 24 novembre 2026 10:12\nÀ : Four <f@f.example>\nObjet : Pain\n\nB",
        "-----Message d'origine-----\nDe : Ville de Montval\nObjet : Devis\n\nBonjour",
        "--------Message original--------\nDe: Ville\nDate: 24/11/2026 10:12\nÀ: four@f.example\nObjet: Devis\nBonjour",
        "*De :* Ville de Montval\n*Envoyé :* mardi 24 novembre\n*À :* Four\n*Objet :* Devis\n\nBonjour",
        "From: Ville de Montval\nDate: Tue, 24 Nov 2026 10:12:00 +0000\nTo: <four@f.example>\nSubject: Devis\n\nBonjour",
        "Sent from my BlackBerry 10 smartphone\n\n-----Original Message-----\nFrom: Ville\nSent: Tuesday\n\nBonjour",
        "Début du message réexpédié :\n\nDe: Ville\nBonjour",
        "Em ter., 24 de nov. de 2026 às 10:12, Ville <a@b.example> escreveu:\n\n> Bonjour",
        "-- \nFour des Halles\n02 00 00 00 00",
    ],
)
def test_the_headers_of_usual_programs_are_cut(header: str) -> None:
    found = split(f"Bonjour Madame,\n\n- 12 baguettes : 0,90 €\n- 3 tartes : 12 €\n\nCordialement\n\n{header}")
    assert found.text == "Bonjour Madame,\n\n- 12 baguettes : 0,90 €\n- 3 tartes : 12 €\n\nCordialement"
    assert words(found.quoted) == words(header)


@pytest.mark.parametrize(
    "text",
    [
        "Le 3 mars, nous livrons à 6 h.\nPrix : 12 €",
        "De : 9 h à 12 h\nNous venons avec deux fours.",
        "Objet : devis\nDate : 3 mars\nMontant : 120 €",
        "Envoyé de chez nous par le train de 8 h, livré à midi.",
    ],
)
def test_a_letter_that_looks_like_a_header_stays_whole(text: str) -> None:
    assert split(text).text == text
