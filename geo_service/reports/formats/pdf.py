"""The report as PDF, made by a process of its own."""

import subprocess
import sys
from pathlib import Path

from geo_service.core.errors import GeoError, SettingsError
from geo_service.core.resources import page_folder, require_modules

_LENGTH_BYTES = 8
_LONGEST_REASON = 300
_END_S = 5.0


class PdfError(GeoError):
    """A PDF cannot be made; the message says why."""


class PdfPrinter:
    """A process that makes PDFs; it is started with the first one, and must be closed."""

    def __init__(self) -> None:
        """Raise `InputError` where WeasyPrint is not installed, and `SettingsError` where there are no fonts."""
        require_modules("cannot make a PDF", "weasyprint")
        self._fonts = find_fonts()
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        self._process = None

    def print_pdf(self, html: bytes) -> bytes:
        """Return a page of a report as PDF. Raises `PdfError`."""
        process = self._process = self._process or self._start()
        assert process.stdin  # noqa: S101  # pipes, see _start
        assert process.stdout  # noqa: S101
        try:
            process.stdin.write(len(html).to_bytes(_LENGTH_BYTES, "big") + html)
            process.stdin.flush()
            body = process.stdout.read(int.from_bytes(process.stdout.read(_LENGTH_BYTES), "big"))
        except OSError:
            body = b""
        if not body:
            raise PdfError(f"cannot make a PDF: {self._explain(process)}")
        return body

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "geo_service.reports.formats.pdf_process", str(self._fonts)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _explain(self, process: "subprocess.Popen[bytes]") -> str:
        """Return the last line that the process has said, once it has ended."""
        process.terminate()
        said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
        self._process = None
        process.wait()
        reason = said.splitlines()[-1][:_LONGEST_REASON] if said else "the process that makes it has ended"
        hint = "; install Debian's libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0" if "cannot load library" in reason else ""
        return f"{reason}{hint}"


def find_fonts() -> Path:
    """Return the folder of the fonts that come with the page. Raises `SettingsError` where the page has not been built."""
    folders = [page_folder() / part / "vendor" / "noto-sans" for part in ("", "dist")]
    found = next((folder for folder in folders if any(folder.glob("*.woff2"))), None)
    if found is None:
        raise SettingsError(f"cannot make a PDF: the fonts are missing in {folders[0]}; run ./dev build from the checkout")
    return found
