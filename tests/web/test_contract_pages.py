"""« Marchés en cours » : a list is given, its columns said, its report read; a need meets a contract on its pages."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sourcier.needs.models import Need
from sourcier.spend.actions import load_families
from sourcier.spend.models import ContractBatch, RunningContract
from tests.cities import City
from tests.spend.test_contracts import BREAD, bread_contract, bread_need, changed, csv
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
COLUMNS = {"number": "0", "object": "1", "families": "2", "holder": "3", "ends": "7", "maximum": "8", "used": "9"}


def test_from_the_file_to_the_list_and_its_exports(city: City) -> None:
    load_families(city.organisation)
    buyer = signed_in(city.buyer)
    data = csv(BREAD, changed(Num="2", Objet="=1+1", Maximum="100", Utilisé="90"), changed(Num="3", Fin="?"))
    response = buyer.post(reverse("contracts_import"), {"file": SimpleUploadedFile("marches.csv", data)})
    batch = ContractBatch.objects.get()
    assert response.status_code == 302 and buyer.post(reverse("contracts_import"), {"file": ""}).status_code == 422
    own = reverse("contracts_batch", args=[batch.pk])
    assert '<option value="7" selected>Fin</option>' in buyer.get(own).content.decode()
    assert buyer.post(own, COLUMNS | {"holder": ""}).status_code == 422
    assert buyer.post(own, COLUMNS | {"holder": "1"}).status_code == 422
    assert buyer.post(own, COLUMNS).status_code == 302
    assert "n&#x27;est pas une date" in buyer.get(own).content.decode()
    assert "2026-014" in buyer.get(own, {"export": "csv"}).content.decode() or batch.unread == []
    listed = reverse("contracts")
    almost = buyer.get(listed, {"etat": "epuises"}).content.decode()
    assert "=1+1" in almost and "Pain frais" not in almost
    exported = signed_in(city.auditor).get(listed, {"export": "csv"}).content.decode("utf-8-sig")
    assert "27499,5" in exported and "'=1+1" in exported


def test_a_contract_is_typed_changed_and_followed_by_a_need(city: City) -> None:
    load_families(city.organisation)
    buyer, ends = signed_in(city.buyer), timezone.localdate() + timedelta(days=30)
    typed = {"object": "Sel", "kind": "own", "holder": "Mines", "ends_on": ends.isoformat(), "families": "10.01;10.02"}
    assert buyer.post(reverse("contract_new"), typed | {"maximum_cents": "beaucoup"}).status_code == 422
    assert buyer.post(reverse("contract_new"), typed | {"maximum_cents": "1 000"}).status_code == 302
    salt = RunningContract.objects.get()
    own = reverse("contract", args=[salt.pk])
    assert "finit le" in buyer.get(reverse("home")).content.decode() and f"{own}#renouveler" in buyer.get("/").content.decode()
    assert buyer.post(own, typed | {"holder": ""}).status_code == 422
    assert buyer.post(own, typed | {"used_cents": "800"}).status_code == 302
    assert "Sel" in buyer.get(reverse("contracts"), {"etat": "bientot"}).content.decode()
    assert buyer.post(reverse("contract_renew", args=[salt.pk]), {"department": ""}).status_code == 422
    assert buyer.post(reverse("contract_renew", args=[salt.pk]), {"department": city.department.pk}).status_code == 302
    assert Need.objects.get().renews == salt and "Le suivant se prépare" in buyer.get(own).content.decode()
    assert signed_in(city.auditor).post(own, typed).status_code == 403


def test_a_need_meets_the_contract_on_its_pages_and_ends_with_it(city: City) -> None:
    bread, need = bread_contract(city), bread_need(city)
    buyer, page = signed_in(city.buyer), reverse("need_contracts", args=[need.pk])
    for shown in (reverse("need", args=[need.pk]), reverse("rule", args=[need.pk]), page):
        said = buyer.get(shown).content.decode()
        assert "commandez à Fournil du Lac" in said and "27\u202f499,50" in said and BREAD[0] in said
    assert "commandez à Fournil" in buyer.get(reverse("need_edit", args=[need.pk])).content.decode()
    asked = {"contract": bread.pk, "do": "order"}
    refused = buyer.post(page, asked | {"amount": "99 999"})
    assert refused.status_code == 422 and 'value="99 999"' in refused.content.decode()
    head = signed_in(city.head_buyer)
    assert "Aller ailleurs" in head.get(page).content.decode() and "Aller ailleurs" not in buyer.get(page).content.decode()
    assert head.post(page, {"contract": bread.pk, "do": "elsewhere", "reason": ""}).status_code == 422
    for wrong in ({"contract": bread.pk}, {"do": "order", "contract": "x"}, {"do": "other", "contract": need.pk}):
        assert buyer.post(page, wrong).status_code == 404
    assert buyer.post(page, asked | {"amount": "500"}).status_code == 302
    need.refresh_from_db()
    assert need.state == "closed" and "Commandé sur un marché" in buyer.get(reverse("need", args=[need.pk])).content.decode()
