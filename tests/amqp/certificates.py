"""Certificates for tests, made by openssl: an authority, a broker on loopback, a client."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificates(NamedTuple):
    """Paths of PEM files."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def query(self) -> str:
        """What a client's URL needs."""
        ca, certificate, key = map(self.path, ("ca.pem", "client.pem", "client.key"))
        return f"cafile={ca}&certfile={certificate}&keyfile={key}"

    def broker(self, port: int) -> str:
        """The broker's configuration: TLS on a port of loopback, for whoever has a certificate."""
        files = ", ".join(
            f'{{{name}, "{self.path(file)}"}}'
            for name, file in [
                ("cacertfile", "ca.pem"),
                ("certfile", "broker.pem"),
                ("keyfile", "broker.key"),
            ]
        )
        return (
            f'[{{rabbit, [{{ssl_listeners, [{{"127.0.0.1", {port}}}]}}, {{ssl_options, ['
            f"{files}, {{verify, verify_peer}}, {{fail_if_no_peer_cert, true}}]}}]}}]."
        )


_EXTENSIONS = """\
subjectAltName=IP:127.0.0.1
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""
"""All that Python 3.13 asks of a certificate, which is stricter than those before."""


def make(folder: Path) -> Certificates:
    """Make them all; valid for a day."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]
    signs = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    openssl("req", "-x509", *new, "-days", "1", *signs, *authority)
    for name in ("broker", "client"):
        openssl(
            "req", *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        (folder / "names").write_text(_EXTENSIONS)
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"]
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-days", "1", "-out", f"{name}.pem")
    return Certificates(folder)
