"""The HTTP server: binds its port before any long work, serves until it is stopped, and shuts down cleanly."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
import uvloop
from starlette.types import ASGIApp

from geo_service.core.errors import GeoError, SettingsError
from geo_service.core.settings import Settings
from geo_service.core.signals import ENDING_SIGNALS
from geo_service.core.tasks import cancel_and_wait
from geo_service.metrics.process import ConnectionMetrics
from geo_service.server.app import Application
from geo_service.server.connections import LimitedProtocol, limited_protocol, raise_file_limit
from geo_service.server.draining import accept_pending
from geo_service.server.logs import configure_logs
from geo_service.server.metrics_port import serve_metrics
from geo_service.server.middleware.shutdown import GracefulShutdown

BackgroundJob = Callable[[], Coroutine[object, object, None]]
"""Work that runs beside the server in its event loop until it is cancelled."""

GRACE_S = 6
"""How long the shutdown waits for responses under way, which then get a 503. Docker kills a container after 10 s."""

SWITCH_S = 0.0005
"""How long a computing thread may keep the interpreter while the event loop waits for it. The loop lets go of it at every write to a
socket; by Python's default of 5 ms it waited so long for each of two threads at each of them, and 200 busy clients made it seconds."""

JOBS_S = 5.0
"""How long background jobs may take to end."""


class Server:
    """The service on its port, bound at once: `SettingsError` when another program has it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._socket = _bind_socket(settings.host, settings.port, "PORT=8001")
        self._metrics_socket: socket.socket | None = None
        if settings.metrics_port is not None:
            try:
                self._metrics_socket = _bind_socket(settings.metrics_host, settings.metrics_port, "GEO_METRICS_PORT=9101")
            except SettingsError:
                self._socket.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()
        if self._metrics_socket:
            self._metrics_socket.close()

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(
        self,
        make_application: Callable[[Settings], ASGIApp],
        jobs: Sequence[BackgroundJob] = (),
        on_started: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Serve the application until SIGINT or SIGTERM; `on_started` is called with the address."""
        configure_logs(self._settings)
        sys.setswitchinterval(SWITCH_S)
        raise_file_limit(self._settings.max_connections)
        service = make_application(self._settings)
        application, protocol = GracefulShutdown(service), limited_protocol(self._settings, service)
        config = uvicorn.Config(
            application, loop="uvloop", http=protocol, ws="none", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=GRACE_S,
            # See `geo_service.http.client_address`: uvicorn's own reading of these headers would replace the peer's address.
            proxy_headers=False,
        )  # fmt: skip
        server = _NotifyingServer(config, application)
        if isinstance(service, Application):
            service.metrics.add(_connection_metrics(server, protocol))
            if self._metrics_socket:
                jobs = (*jobs, partial(serve_metrics, service.metrics, self._metrics_socket, self._settings))
        with contextlib.suppress(KeyboardInterrupt):
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve(server, jobs, on_started))
            server.raise_signals()

    async def _serve(self, server: "_NotifyingServer", jobs: Sequence[BackgroundJob], on_started: Callable[[str], None]) -> None:
        async def run_jobs() -> None:
            await server.started_event.wait()
            on_started(self.address)
            try:
                async with asyncio.TaskGroup() as group:
                    for job in jobs:
                        group.create_task(job())
            except Exception:
                server.should_exit = True
                raise

        background = asyncio.create_task(run_jobs())
        await server.serve(sockets=[self._socket])
        # Where a job failed, that is why the server ends: its error is the error of the command.
        if await cancel_and_wait(background, JOBS_S) and not background.cancelled() and (error := background.exception()):
            raise error
        if not server.started:
            raise GeoError("cannot serve: the application did not start; the log says why")


class _NotifyingServer(uvicorn.Server):
    """Signals when it accepts requests, and ends in order: no request that has arrived stays without an answer."""

    def __init__(self, config: uvicorn.Config, application: GracefulShutdown) -> None:
        super().__init__(config)
        self._application = application
        self.started_event = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.started_event.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and wait for responses under way."""
        accepted = accept_pending(sockets or [])
        for server in self.servers:
            server.close()
        for connection in accepted:
            await asyncio.get_running_loop().connect_accepted_socket(self._make_protocol, connection)
        self._application.close()
        await super().shutdown(sockets)
        if self.force_exit:
            # A second Ctrl-C: uvicorn waits for nothing then, not even for the application.
            for task in self.server_state.tasks:
                task.cancel()
            await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a signal end the server in order. It takes its usual effect by `raise_signals`, when nothing is left to be ended."""
        before = {number: signal.signal(number, self.handle_exit) for number in ENDING_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def raise_signals(self) -> None:
        """Raise the signals that came while the server ran, the last one first."""
        for number in reversed(self._captured_signals):
            signal.raise_signal(number)

    def _make_protocol(self) -> asyncio.Protocol:
        protocol: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def _connection_metrics(server: uvicorn.Server, protocol: type[LimitedProtocol]) -> ConnectionMetrics:
    return ConnectionMetrics(lambda: protocol.refused, lambda: len(server.server_state.connections), protocol.max_connections)


def _bind_socket(host: str, port: int, other: str) -> socket.socket:
    """Return a socket that is bound to the address and does not listen yet. other: the setting of another port, for the message."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0).lower()}; choose another port with {other}"
        ) from None
    return bound
