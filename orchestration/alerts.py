"""Alerts by e-mail: that a refresh failed or a delivery was refused, that a release is not there by its day.

Here: the server's settings, the message, and the memory of what was told.
Belongs here: telling people who are not looking.
Does not belong here: when a release is due (`timetable.py`), what an error may say (`failures.py`), Dagster's side
(`sensors.py`). Nothing of Dagster is imported: an alert must go out when Dagster is down.

An alert has what the command line says: file names, rules, counts, remedies; never a value of a row. That it could not
be sent is said, stops nothing, and is put right by whoever has something to tell, or nothing, next.
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from orchestration.machine import remedy

# Set 2026-11-30: a server that takes longer is down; the refresh that waits for it has ended already.
SECONDS_TO_ANSWER = 20
# Set 2026-11-30: what lasts is said again after a week, so that a message overlooked is not the only one.
TOLD_AGAIN_AFTER = dt.timedelta(days=7)
# Set 2026-11-30: as much as a person reads in a message; `make status` and `make quarantine` have the rest.
MOST_LINES = 60
# A subject is not broken in two, as it would be at 78.
LONGEST_LINE = 200
PORTS = {"starttls": 587, "tls": 465, "none": 25}
HIGHEST_PORT = 65535
MEMORY = "alerts.json"
# What is wrong with a run as a whole; other matters are its steps.
OF_RUNS = "run"
# The check of `asset_checks.py` that fails when a delivery was refused.
ACCEPTED = "every_delivery_is_accepted"


@dataclass(frozen=True)
class Alert:
    """What is wrong: a subject without names of files, and a text. `advice` may differ from one time to the next and
    does not make it another alert."""

    subject: str
    text: str
    advice: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.subject}\n{self.text}".encode()).hexdigest()[:16]


class NotConfigured(Exception):
    """What is missing or contradictory in the settings of the server."""


@dataclass(frozen=True)
class Server:
    """The SMTP server and the addresses, as `ALERTS_…` in the environment name them."""

    host: str
    port: int
    security: str
    sender: str
    recipients: list[str]
    user: str
    password: str
    trusted: str | None

    @classmethod
    def configured(cls, environment: Mapping[str, str]) -> "Server | None":
        """The server; None when no recipient is named, which is to say that alerts are off. Raises `NotConfigured`."""
        recipients = [address.strip() for address in environment.get("ALERTS_TO", "").split(",") if address.strip()]
        if not recipients:
            return None
        missing = [name for name in ("ALERTS_FROM", "ALERTS_SMTP_HOST") if not environment.get(name)]
        if missing:
            raise NotConfigured(f"{' and '.join(missing)} is not set, and ALERTS_TO is")
        sender, security = environment["ALERTS_FROM"], environment.get("ALERTS_SMTP_SECURITY") or "starttls"
        if not all("@" in address and address.isascii() and address.isprintable() for address in recipients + [sender]):
            raise NotConfigured("ALERTS_FROM or ALERTS_TO holds what is no address")
        if security not in PORTS:
            raise NotConfigured(f"ALERTS_SMTP_SECURITY is one of {', '.join(PORTS)}")
        port = environment.get("ALERTS_SMTP_PORT") or str(PORTS[security])
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT):
            raise NotConfigured(f"ALERTS_SMTP_PORT is no number from 1 to {HIGHEST_PORT}")
        try:
            environment["ALERTS_SMTP_HOST"].encode("idna")
        except UnicodeError:
            raise NotConfigured("ALERTS_SMTP_HOST is no name of a machine") from None
        user = environment.get("ALERTS_SMTP_USER", "")
        if user and security == "none":
            raise NotConfigured("ALERTS_SMTP_USER is set and ALERTS_SMTP_SECURITY is none: the password would be seen")
        password = _password(environment.get("ALERTS_SMTP_PASSWORD_FILE", "")) if user else ""
        if not (user.isascii() and password.isascii()):
            raise NotConfigured("ALERTS_SMTP_USER or the password has a letter or sign beyond ASCII")
        return cls(
            host=environment["ALERTS_SMTP_HOST"],
            port=int(port),
            security=security,
            sender=sender,
            recipients=recipients,
            user=user,
            password=password,
            trusted=environment.get("ALERTS_SMTP_CA_FILE") or None,
        )

    def send(self, message: EmailMessage) -> str | None:
        """Hand a message to the server; returns what went wrong though some have it, raises `OSError` or
        `SMTPException` when nobody has."""
        context = ssl.create_default_context(cafile=self.trusted)
        # Its own name, not what a name server would say of it: that could take longer than the mail.
        own = socket.gethostname()
        connection: smtplib.SMTP
        if self.security == "tls":
            connection = smtplib.SMTP_SSL(self.host, self.port, own, timeout=SECONDS_TO_ANSWER, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, own, timeout=SECONDS_TO_ANSWER)
        with connection:
            if self.security == "starttls":
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
            refused = connection.send_message(message)
        return _refused_by_server(len(refused)) if refused else None


def _refused_by_server(addresses: int) -> str:
    return f"the server takes no mail for {addresses} of the addresses in ALERTS_TO"


def _password(path: str) -> str:
    if not path:
        raise NotConfigured("ALERTS_SMTP_PASSWORD_FILE is not set, and ALERTS_SMTP_USER is")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotConfigured(f"the file ALERTS_SMTP_PASSWORD_FILE names cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise NotConfigured("the file ALERTS_SMTP_PASSWORD_FILE names is no text in UTF-8") from None


def of_run(run: Mapping[str, Any], warehouse: Path) -> dict[str, list[Alert]]:
    """What a run that has ended found wrong in each step it came to, from its summary (`run_summary.py`)."""
    found: dict[str, list[Alert]] = {OF_RUNS: []}
    for step in run["seconds"]:
        extract, said = step.removeprefix("landing__"), run["failed_steps"].get(step)
        is_refused = run["checks"].get(f"landing/{extract}: {ACCEPTED}") == "failed"
        found |= {step: [], refusals_of(extract): []}
        if said and is_refused:
            subject = f"A delivery of {extract} is refused; nothing is published until it is mended or taken out"
            found[refusals_of(extract)] = [Alert(subject, said)]
        elif said is not None:
            of_month = f" of {run['reporting_month']}" if run["reporting_month"] else ""
            subject = f"The refresh{of_month} failed in {step}"
            found[step] = [Alert(subject, said, remedy(said, warehouse) or "")]
    return found


def refusals_of(extract: str) -> str:
    """The matter of an extract's refused deliveries: a run finds them, and they may go without one."""
    return f"refused {extract}"


def tell(warehouse: Path, found: Mapping[str, Sequence[Alert]], now: dt.datetime) -> str | None:
    """E-mail what is wrong and was not told yet; returns, in a sentence, why that could not be.

    `found` says of each matter that was looked at all that is wrong in it now, or nothing; other matters stay as they
    were found last. What is no longer wrong is forgotten, so that it is told when it comes back; what could not be sent
    is sent with the next. Two processes that tell the same at once send it once.
    """
    with _memory(warehouse) as memory:
        for matter, alerts in found.items():
            known = memory["wrong"].pop(matter, {})
            if alerts:
                memory["wrong"][matter] = {
                    alert.digest: {"told_at": None, "trouble": None} | known.get(alert.digest, {}) | asdict(alert)
                    for alert in alerts
                }
        due = [told for alerts in memory["wrong"].values() for told in alerts.values() if _is_due(told, now)]
        if not due:
            return None
        try:
            server = Server.configured(os.environ)
            if server is None:
                return None
            trouble = server.send(_message(server, due, warehouse, now))
            for told in due:
                told["told_at"] = now.isoformat(timespec="seconds")
        except (NotConfigured, OSError, ValueError, smtplib.SMTPException) as error:
            trouble = _why(error)
        for told in due:
            told["trouble"] = trouble and f"{now:%Y-%m-%d %H:%M}: {trouble}"
    return trouble and f"An alert was not sent: {trouble}."


def send_test(warehouse: Path, now: dt.datetime) -> str | None:
    """Send a message that says it is a test; returns, in a sentence, why that could not be."""
    test = Alert("This is a test", "Alerts of this warehouse reach you.")
    try:
        server = Server.configured(os.environ)
        trouble = server.send(_message(server, [asdict(test)], warehouse, now)) if server else "ALERTS_TO names nobody"
    except (NotConfigured, OSError, ValueError, smtplib.SMTPException) as error:
        trouble = _why(error)
    return trouble and f"The test was not sent: {trouble}."


def unsent(warehouse: Path) -> str | None:
    """When an alert of what is still wrong could not be sent, and why; None when each of them could."""
    known = [told for alerts in _remembered(warehouse)["wrong"].values() for told in alerts.values()]
    return max((told["trouble"] for told in known if told.get("trouble")), default=None)


def _is_due(told: Mapping[str, Any], now: dt.datetime) -> bool:
    at = told["told_at"]
    return at is None or now - dt.datetime.fromisoformat(at) >= TOLD_AGAIN_AFTER


def _message(server: Server, due: Sequence[Mapping[str, str]], warehouse: Path, now: dt.datetime) -> EmailMessage:
    more = f" (and {len(due) - 1} more)" if len(due) > 1 else ""
    lines = []
    for alert in due:
        lines += [alert["subject"], "", *alert["text"].splitlines(), *alert["advice"].splitlines(), ""]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} lines more", ""]
    message = EmailMessage(policy.SMTP.clone(max_line_length=LONGEST_LINE))
    message["Subject"] = f"Performance warehouse: {due[0]['subject']}{more}"
    message["From"] = server.sender
    message["To"] = ", ".join(server.recipients)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2].rstrip("> "))
    # No answer of somebody's absence to a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join([*lines, f"{warehouse} on {socket.gethostname()}. `make status` says what is now."]))
    return message


@contextlib.contextmanager
def _memory(warehouse: Path) -> Iterator[dict[str, Any]]:
    """What is wrong and was told, held for one process, and kept when it changed."""
    with contextlib.ExitStack() as held:
        # Where it cannot be held or kept an alert may be told twice, which is better than not at all.
        with contextlib.suppress(OSError):
            # The folder itself: on a full disk there may be no room for a lock file.
            folder = os.open(warehouse, os.O_RDONLY)
            held.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX)
        memory = _remembered(warehouse)
        before = json.dumps(memory)
        try:
            yield memory
        finally:
            if json.dumps(memory) != before:
                with contextlib.suppress(OSError):
                    _keep(warehouse, memory)


def _remembered(warehouse: Path) -> dict[str, Any]:
    """What is wrong and was told; nothing when that cannot be read: rather twice than never."""
    try:
        memory = json.loads((warehouse / MEMORY).read_text(encoding="utf-8"))
        return {"wrong": dict(memory["wrong"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"wrong": {}}


def _keep(warehouse: Path, memory: dict[str, Any]) -> None:
    beside = warehouse / f".{MEMORY}"
    beside.write_text(json.dumps(memory, indent=1), encoding="utf-8")
    beside.replace(warehouse / MEMORY)


def _why(error: Exception) -> str:
    """Why a message did not go out, without what the server says: it may repeat an address or the message."""
    match error:
        case NotConfigured():
            return str(error)
        case smtplib.SMTPRecipientsRefused():
            return _refused_by_server(len(error.recipients))
        case smtplib.SMTPResponseException():
            return f"the server answered {error.smtp_code} ({type(error).__name__})"
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not trusted ({error.verify_message}); ALERTS_SMTP_CA_FILE names others"
        case OSError() if error.strerror:
            return f"{error.strerror} ({type(error).__name__})"
        case ValueError():
            # Its words may quote the password.
            return f"a setting or the message holds what cannot be sent ({type(error).__name__})"
        case _:
            return str(error) or type(error).__name__
