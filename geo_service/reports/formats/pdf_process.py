"""The process that makes PDFs: `python -m geo_service.reports.formats.pdf_process FONTS`.

WeasyPrint holds the interpreter for most of a second for each page and brings 60 MB: the process that serves has no part in it.
Pages come on standard input and PDFs go to standard output, each as its length (8 bytes, big endian) and its bytes. A length of 0
to the output is a page that could not be made; the reason goes to standard error.

It is the only module that imports WeasyPrint, and it imports nothing of the service.
"""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

LENGTH_BYTES = 8
_SCRIPTS = ("latin", "cyrillic", "latin-ext")
_WEIGHTS = {400: "400", 600: "600 700"}
"""Vendored weights, and what they are used for."""


class FontsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint publishes no types
    """Reads files of one folder; every other address ends the page: a report has no pictures and no links to follow."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)
        self._folder = folder.resolve()

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return a file of the folder. Raises `FatalURLFetchingError` for anything else."""
        allowed = {file.as_uri() for file in self._folder.glob("*.woff2")}
        if url not in allowed:
            raise FatalURLFetchingError(f"a report must not fetch {url[:100]!r}")
        return super().fetch(url, headers)


class PdfMaker:
    """Makes PDFs with the fonts of a folder, which are read once."""

    def __init__(self, folder: Path) -> None:
        self._fetcher = FontsOnly(folder)
        self._fonts = FontConfiguration()
        self._style = CSS(string=font_style(folder.resolve()), url_fetcher=self._fetcher, font_config=self._fonts)

    def make(self, html: bytes) -> bytes:
        """Return a page as a tagged PDF (PDF/UA-1): the same bytes for the same page, as no time is written into it."""
        page = HTML(string=html.decode(), url_fetcher=self._fetcher, base_url="about:blank")
        target = io.BytesIO()
        page.write_pdf(target, stylesheets=[self._style], font_config=self._fonts, pdf_variant="pdf/ua-1", pdf_identifier=b"geo-service")
        return target.getvalue()


def font_style(folder: Path) -> str:
    """Return the style sheet of the fonts: a family for each script, so that a letter is looked for in one after the other."""
    faces = [
        f'@font-face {{ font-family: "Report {script}"; font-weight: {use}; src: url("{file.as_uri()}") format("woff2") }}'
        for script in _SCRIPTS
        for weight, uses in _WEIGHTS.items()
        for use in uses.split()
        if (file := folder / f"noto-sans-{script}-{weight}-normal.woff2").is_file()
    ]
    families = ", ".join(f'"Report {script}"' for script in _SCRIPTS)
    return "\n".join([*faces, f":root {{ font-family: {families}, sans-serif !important }}"])


def main() -> None:
    """Make PDFs until the input ends."""
    maker = PdfMaker(Path(sys.argv[1]))
    while (head := sys.stdin.buffer.read(LENGTH_BYTES)) and len(head) == LENGTH_BYTES:
        html = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        _send(sys.stdout.buffer, _make_or_explain(maker, html))


def _make_or_explain(maker: PdfMaker, html: bytes) -> bytes:
    try:
        return maker.make(html)
    except Exception as error:  # whatever it is, the process that asked must hear of it
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return b""


def _send(stream: BinaryIO, body: bytes) -> None:
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big"))
    stream.write(body)
    stream.flush()


if __name__ == "__main__":
    main()
