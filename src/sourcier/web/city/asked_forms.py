"""What a buyer types while the answers are awaited: letters, addresses, a later deadline, answers to questions."""

from typing import Any

from django import forms
from django.utils import timezone

from sourcier.mail import gateway
from sourcier.sourcing.actions import correct, questions
from sourcier.sourcing.models import FirmQuestion
from sourcier.web.city.forms import EurosField, MomentField


class AnswerForm(forms.Form):
    wording = forms.CharField(
        label="La question, comme toutes la liront", max_length=questions.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Relisez-la : ôtez un nom, une adresse, un détail qui dirait quelle entreprise demande.",
    )  # fmt: skip
    text = forms.CharField(
        label="Votre réponse, pour toutes les entreprises",
        max_length=questions.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @classmethod
    def of(cls, question: FirmQuestion) -> "AnswerForm":
        """The form of one question among those of the page, its own words to begin with."""
        return cls(auto_id=f"id_{question.pk}_%s", initial={"wording": question.text})


class AddressForm(forms.Form):
    address = forms.CharField(label="Nouvelle adresse", max_length=200, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if gateway.offered():
            self.fields["address"].label = "Nouvelle adresse, ou mobile"
            self.fields["address"].widget = forms.TextInput(attrs={"autocomplete": "off", "maxlength": 200})


class HowForm(forms.Form):
    how = forms.CharField(label="Comment ?", max_length=200, help_text="Posté ce matin, appelé, remis au guichet…")


class PostingForm(HowForm):
    """A letter that left, or all of them together: the cost is that of all."""

    posted_on = forms.DateField(
        label="Quel jour ?", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=timezone.localdate
    )
    cost = EurosField(label="Coût total, enveloppes et timbres", required=False)

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of `posting`."""
        said = self.cleaned_data
        return {"how": said["how"], "posted_on": said["posted_on"], "cost_cents": said["cost"]}


class ReturnedForm(forms.Form):
    why = forms.CharField(
        label="Que porte l'enveloppe ?", max_length=200, help_text="Destinataire inconnu, boîte inaccessible…"
    )


class ExtendForm(forms.Form):
    deadline = MomentField(label="Nouvelle date limite, pour toutes")
    reason = forms.CharField(
        label="Pourquoi ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Toutes les entreprises recevront cette raison.",
    )  # fmt: skip


class CorrectForm(forms.Form):
    text = forms.CharField(
        label="Ce qui change", max_length=correct.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Toutes liront ces mots, à la même heure. Les réponses déjà données restent, et peuvent changer.",
    )  # fmt: skip
    document = forms.FileField(label="Un document de plus", required=False, help_text="25 Mo au plus.")
    deadline = MomentField(label="Nouvelle date limite, pour toutes", required=False)


class WidenForm(forms.Form):
    deadline = MomentField(label="Nouvelle date limite, pour toutes", required=False)
    reason = forms.CharField(label="Pourquoi la changer ?", max_length=1_000, required=False)


class EndForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi arrêter ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Les entreprises interrogées recevront cette raison. Aucune réponse ne sera ouverte.",
    )  # fmt: skip
    close_need = forms.BooleanField(label="Clore aussi le besoin (sinon il attend une autre demande)", required=False)
