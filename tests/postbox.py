"""A mail server on this machine, and what arrives there.

Here: the server, secured as asked, and its settings in the environment.
Belongs here: what a test of alerts needs of the other side.
Does not belong here: expectations.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


class Postbox:
    """Keeps what arrives, and refuses the addresses it was told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.over_tls: list[bool] = []
        self.users: list[bytes] = []
        self.unknown: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.unknown:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.over_tls.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def knows(self, server: Any, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password == b"correct horse"
        if is_right:
            self.users.append(given.login)
        return AuthResult(success=is_right, handled=False)


@contextmanager
def serving(postbox: Postbox, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that starts a server, secured as asked, and sets it in the environment."""
    running: list[Controller] = []

    def start(security: str, **settings: Any) -> None:
        authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        trusted = folder / "authority.pem"
        authority.cert_pem.write_to_path(trusted)
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        secured = {"ssl_context": context} if security == "tls" else {}
        if security == "starttls":
            secured |= {"tls_context": context, "require_starttls": True}
        controller = Controller(postbox, hostname="localhost", port=port, **secured, **settings)
        controller.start()
        running.append(controller)
        for name, value in {
            "ALERTS_TO": "oncall@example.org, duty@example.org",
            "ALERTS_FROM": "warehouse@example.org",
            "ALERTS_SMTP_HOST": "localhost",
            "ALERTS_SMTP_PORT": str(port),
            "ALERTS_SMTP_SECURITY": security,
            "ALERTS_SMTP_CA_FILE": str(trusted),
        }.items():
            patch.setenv(name, value)

    yield start
    for controller in running:
        controller.stop()
