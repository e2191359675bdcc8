"""A real IMAP server, Dovecot, on a folder and a port of its own."""

import getpass
import imaplib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mail.servers import free_port

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OWNER = "nobody" if os.geteuid() == 0 else getpass.getuser()


def _configuration(folder: Path, port: int) -> str:
    services = "\n".join(f"service {name} {{\n  chroot =\n}}" for name in ("imap-login", "anvil"))
    same = "" if os.geteuid() == 0 else f"default_internal_user = {OWNER}\ndefault_login_user = {OWNER}\n"
    return f"""{same}base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_uid = {OWNER}
mail_gid = {"nogroup" if OWNER == "nobody" else ""}
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={OWNER} home={folder}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
{services}
"""


@contextmanager
def dovecot() -> Iterator[int]:
    """The port of a server where everybody's password is « secret »."""
    assert PROGRAM
    folder, port = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp")), free_port()
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    if OWNER == "nobody":
        shutil.chown(folder / "mail", OWNER)
    (folder / "conf").write_text(_configuration(folder, port))
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(folder / "conf")], stderr=subprocess.PIPE)
    try:
        for _ in range(1_000):
            with suppress(OSError, imaplib.IMAP4.abort):
                imaplib.IMAP4("127.0.0.1", port, timeout=5).logout()
                break
            assert process.poll() is None, (process.stderr.read() if process.stderr else b"").decode()
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)
