"""A web server of another origin than the service."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tests.support.paths import CHECKOUT


class OtherOrigin:
    """A web server of another origin: pages put into it by a test, and what npm has installed."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {"/favicon.ico": ""}
        pages = self.pages

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(urlsplit(self.path).path)
                if page is None:
                    return super().do_GET()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())
                return None

            def log_message(self, *_: object) -> None:
                """Nothing: the browser says what it misses."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(CHECKOUT)))
        # Not the service's host name: another site, not merely another port.
        self.address = f"http://localhost:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
