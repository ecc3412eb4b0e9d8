# The service alone; the database is a container of its own (docker-compose.yml).

FROM node:24.11.1-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY frontend frontend
RUN npm run vendor && npm run build

FROM python:3.11.14-slim-bookworm AS packages
RUN python -m venv /opt/geo
COPY requirements.txt /tmp/
RUN /opt/geo/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.11.14-slim-bookworm AS wheel
COPY requirements-build.txt /tmp/
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements-build.txt
WORKDIR /app
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY geo_service geo_service
COPY boundaries boundaries
COPY ingest ingest
COPY postgis postgis
COPY --from=page /app/frontend/dist frontend/dist
RUN python -m hatchling build -t wheel

FROM packages AS installed
COPY --from=wheel /app/dist /tmp/dist
RUN /opt/geo/bin/pip install --no-cache-dir --no-deps --no-index /tmp/dist/*.whl

FROM python:3.11.14-slim-bookworm
# What lays out the text of PDFs (the weekly report); hadolint: Debian's stable release has one version of each.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home geo
COPY --from=installed /opt/geo /opt/geo
# Compiled loops are kept here, the one folder that must be writable; they fit the kind of processor they were made on.
RUN mkdir /var/cache/geo && chown 10001 /var/cache/geo
ENV PATH=/opt/geo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/var/cache/geo \
    GEO_HOST=0.0.0.0 GEO_PORT=8000 GEO_LOG_FORMAT=json
USER 10001
RUN ["python", "-m", "geo_service.server.warmup"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["geo", "serve"]
