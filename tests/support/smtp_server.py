"""A mail server that keeps what it gets, with STARTTLS under a certificate of its own."""

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


@dataclass
class ReceivedMail:
    """A mail, whom it is for, and whether it came over TLS from somebody who had logged in."""

    message: EmailMessage
    receivers: list[str]
    encrypted: bool
    logged_in: bool


@dataclass
class MailServer:
    """The server: its address, its certificate, what it has received, and whom it refuses."""

    port: int
    certificate: Path
    received: list[ReceivedMail] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    """A server on a free port of this machine for the time of the block."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _Server(("127.0.0.1", 0), _Session) as server:
        kept = MailServer(server.server_address[1], certificate)
        server.kept, server.context = kept, context  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Speak as much SMTP as a client needs."""
        kept: MailServer = self.server.kept  # type: ignore[attr-defined]
        encrypted = logged_in = False
        receivers: list[str] = []
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                self._say("250-here", *([] if encrypted else ["250-STARTTLS"]), "250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self._say("220 go on")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)  # type: ignore[attr-defined]
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
                encrypted = True
            elif verb == "AUTH":
                logged_in = True
                self._say("235 welcome")
            elif verb == "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                refused = address in kept.refused
                receivers += [] if refused else [address]
                self._say("550 unknown" if refused else "250 fine")
            elif verb == "DATA":
                self._say("354 end with a dot")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                message = message_from_bytes(body.replace(b"\r\n..", b"\r\n."), policy=policy.default)
                kept.received.append(ReceivedMail(message, receivers, encrypted, logged_in))
                receivers = []
                self._say("250 kept")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 fine")

    def finish(self) -> None:
        """Close the streams, and the socket that has taken the place of the server's."""
        super().finish()
        self.request.close()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()
