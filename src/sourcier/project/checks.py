"""What `sourcier doctor` looks at: each check says in French what it saw and, when something is wrong, how to mend it."""

import os
import shutil
import smtplib
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from sourcier.journal.keys import KeyMissing, private_key
from sourcier.journal.models import Log
from sourcier.journal.queries import anchoring
from sourcier.kernel.correspondence import Official
from sourcier.kernel.french import format_date, format_moment, format_number
from sourcier.kernel.sms import septets
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import DueRun, OutgoingText
from sourcier.needs import learned
from sourcier.project import databases
from sourcier.register import correspondence
from sourcier.register import search as register_search
from sourcier.register.search import status
from sourcier.register.store import RegisterMissing
from sourcier.sourcing.briefs import link
from sourcier.vault.models import SealingKey
from sourcier.vault.sealing import lost

ENOUGH_BYTES = 2_000_000_000
OLD_REGISTER = timedelta(days=75)
OLD_CONTRACTS = timedelta(days=400)
ASLEEP = timedelta(minutes=5)
ROOM_FOR_A_LINK = 100
DAMAGED = "Arrêtez le service, gardez le fichier abîmé, puis : sourcier restore DOSSIER --force"
RESTORE_KEYS = "Remettez la sauvegarde des clés : sourcier restore --keys."


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: `ok`, what was seen, and what to do when it is wrong. `grave` findings make `doctor` fail."""

    name: str
    ok: bool
    seen: str
    remedy: str = ""
    grave: bool = True


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "Installez Python 3.11 ou plus récent.")


def folders() -> Iterator[Finding]:
    for name, folder in (("Données", settings.VAR), ("Fichiers", settings.VAULT), ("Clés", settings.KEYS)):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        writable = os.access(existing, os.W_OK)
        yield Finding(
            f"Dossier {name.lower()}", writable, str(folder), f"Donnez au compte du service le droit d'écrire dans {existing}."
        )
    free = shutil.disk_usage(next(path for path in (settings.VAR, *settings.VAR.parents) if path.exists())).free
    yield Finding(
        "Place sur le disque", free > ENOUGH_BYTES, f"{free // 1_000_000_000} Go libres", "Libérez de la place : 2 Go au moins."
    )


def database() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if fault := databases.fault():
            return Finding("Base de données", False, fault, DAMAGED)
    except DatabaseError as error:
        if connection.vendor == "sqlite" and not isinstance(error, OperationalError):
            return Finding("Base de données", False, "le fichier est abîmé", DAMAGED)
        remedy = "Vérifiez SOURCIER_DATABASE_URL et que le serveur de base de données tourne."
        return Finding("Base de données", False, type(error).__name__, remedy)
    seen = f"{connection.vendor}, {'à jour' if not waiting else f'{len(waiting)} migrations en attente'}"
    return Finding("Base de données", not waiting, seen, "Lancez : sourcier migrate")


def keys() -> Iterator[Finding]:
    """Each city's key signs its journal: without it nothing is signed, and it is never drawn again."""
    for log in Log.objects.order_by("origin"):
        try:
            private_key(log)
        except KeyMissing as error:
            yield Finding(f"Clé de {log.origin}", False, str(error), RESTORE_KEYS)
        else:
            yield Finding(f"Clé de {log.origin}", True, "présente")
    for file in _open_to_others(settings.KEYS):
        yield Finding("Droits des clés", False, f"{file.name} est lisible par d'autres comptes", f"Lancez : chmod 600 {file}")


def seals() -> Iterator[Finding]:
    """The master key opens what is sealed: without it no quote is received, and none of those that wait is opened."""
    if SealingKey.objects.exists():
        fault = lost()
        yield Finding("Clé des devis scellés", not fault, fault or "présente", RESTORE_KEYS)


def _open_to_others(folder: Path) -> list[Path]:
    files = folder.rglob("*") if folder.exists() else ()
    return [file for file in files if file.is_file() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def anchors() -> Iterator[Finding]:
    """Who attests the time of the journals. Without, or while it fails, everything else goes on."""
    if not settings.TSA:
        remedy = "Réglez SOURCIER_TSA : sans horodateur, les heures du journal sont celles de cette machine."
        yield Finding("Horodateur", False, "aucun", remedy, grave=False)
        return
    remedy = "Rien n'est bloqué, la demande reprend seule. Si cela dure, vérifiez SOURCIER_TSA, l'accès au réseau et l'heure."
    for log in Log.objects.order_by("origin"):
        stands = anchoring(log.pk)
        wrong = stands.waiting.error.splitlines() if stands.waiting else []
        last = (
            f"dernière heure attestée : {format_moment(stands.last.told_at)}" if stands.last else "aucune heure attestée encore"
        )
        yield Finding(f"Horodatage de {log.origin}", not wrong, " ; ".join([last, *wrong]), remedy, grave=False)


def mail() -> Finding:
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    remedy = "Réglez SOURCIER_SMTP_HOST et SOURCIER_SMTP_PORT. D'ici là, les messages attendent et rien n'est perdu."
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    try:
        with kind(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=5) as smtp:
            smtp.noop()
    except (OSError, smtplib.SMTPException) as error:
        return Finding("Serveur de courriel", False, f"{server} ne répond pas ({type(error).__name__})", remedy)
    return Finding("Serveur de courriel", True, server)


def texts() -> Iterator[Finding]:
    """SMS are a choice: without a gateway nothing is said of them. None is sent to try it, since it would reach somebody."""
    if not settings.SMS_URL:
        return
    gateway = urlsplit(settings.SMS_URL)
    seen, remedy = gateway.netloc.rpartition("@")[2], "Vérifiez SOURCIER_SMS_URL et le réseau. D'ici là, les SMS attendent."
    try:
        with socket.create_connection(
            (gateway.hostname, gateway.port or (443 if gateway.scheme == "https" else 80)), timeout=5
        ):
            yield Finding("Passerelle de SMS", True, seen)
    except OSError as error:
        yield Finding("Passerelle de SMS", False, f"{seen} ne répond pas ({type(error).__name__})", remedy)
    refused = OutgoingText.objects.filter(state="queued").exclude(last_error="").order_by("-next_check").first()
    if refused is not None:
        remedy = "Vérifiez SOURCIER_SMS_HEADER, SOURCIER_SMS_BODY et le crédit du compte. Les SMS partiront ensuite tout seuls."
        yield Finding("SMS en attente", False, refused.last_error, remedy, grave=False)
    longest = septets(link("a" * 43))
    remedy = "Réglez SOURCIER_URL à une adresse plus courte : un lien doit tenir dans un SMS, avec le nom de la ville."
    yield Finding("Lien dans un SMS", longest <= ROOM_FOR_A_LINK, f"{longest} caractères sur 160", remedy, grave=False)


def worker() -> Finding:
    last = DueRun.objects.filter(ran_at__isnull=False).order_by("-ran_at").values_list("ran_at", flat=True).first()
    remedy = "Lancez « sourcier serve » (il démarre le travail de fond), ou « sourcier worker »."
    if last is None:
        return Finding("Travail de fond", False, "n'a jamais tourné", remedy)
    return Finding("Travail de fond", timezone.now() - last < ASLEEP, f"dernier passage : {format_moment(last)}", remedy)


def register() -> Finding:
    try:
        found = status()
    except RegisterMissing as error:
        return Finding("Répertoire des entreprises", False, error.sentence, "Lancez : sourcier register import --help")
    seen = f"{found.active} établissements actifs" + (" (fictifs)" if found.fictitious else "")
    old = timezone.now() - found.built_at > OLD_REGISTER
    remedy = "Le stock de l'INSEE change chaque mois : importez le dernier."
    return Finding("Répertoire des entreprises", not old, seen, remedy, grave=False)


def published() -> Finding:
    """What published contracts taught: a choice, so that having learned nothing is no fault."""
    name = "Marchés publiés"
    try:
        found = learned.opened()
    except Refused as error:
        return Finding(name, False, error.sentence, "Lancez : sourcier matching learn FICHIER.json", grave=False)
    if found is None:
        return Finding(name, True, "aucun n'est appris (sourcier matching learn)")
    seen = f"{format_number(found.report.contracts)} marchés appris le {format_date(found.report.learned_at.date())}"
    old = timezone.now() - found.report.learned_at > OLD_CONTRACTS
    remedy = "Les données essentielles grandissent chaque jour : apprenez du dernier fichier."
    return Finding(name, not old, seen, remedy, grave=False)


def nomenclature() -> Finding:
    """Firms that bear NAF 2025 alone are found by a correspondence: INSEE's table, else what both codes of others say."""
    name, give = "NAF 2025", "Lancez : sourcier nomenclature import FICHIER"
    try:
        found = correspondence.official() or register_search.correspondence()
    except RegisterMissing:
        return Finding(name, True, "sans répertoire ni table de l'INSEE")
    except Refused as error:
        return Finding(name, False, error.sentence, give, grave=False)
    if isinstance(found.origin, Official):
        return Finding(name, True, f"table de l'INSEE lue le {format_date(found.origin.on)}")
    both = found.origin.establishments if found.origin else 0
    return Finding(
        name, both > 0, f"d'après {format_number(both)} établissements qui portent les deux codes", give, grave=False
    )


def address() -> Finding:
    remedy = "Réglez SOURCIER_URL à l'adresse publique en https:// : les liens des courriels et des lettres en dépendent."
    return Finding("Adresse publique", settings.HTTPS, settings.SITE_URL, remedy, grave=False)


BEFORE_DATABASE: tuple[Callable[[], Finding | Iterator[Finding]], ...] = (python, folders, database)
WITH_DATABASE: tuple[Callable[[], Finding | Iterator[Finding]], ...] = (keys, seals, worker, anchors, texts)
OUTSIDE: tuple[Callable[[], Finding | Iterator[Finding]], ...] = (mail, register, nomenclature, published, address)


def findings() -> Iterator[Finding]:
    """Every check in order; those that read tables only when the database is up to date."""
    usable = True
    for check in BEFORE_DATABASE:
        for finding in _each(check):
            usable = usable and (finding.ok or finding.name != "Base de données")
            yield finding
    for check in (*(WITH_DATABASE if usable else ()), *OUTSIDE):
        yield from _each(check)


def _each(check: Callable[[], Finding | Iterator[Finding]]) -> Iterator[Finding]:
    found = check()
    yield from (found,) if isinstance(found, Finding) else found
