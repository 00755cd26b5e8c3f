# One image for every process: `docker run wharf web`, `worker`, `mails`, `calls`, `archives`, `beat` (the names of Procfile.large),
# or `docker run wharf manage.py ...`. compose.yaml runs all of them. What is kept is in /data, all else may be read-only but /tmp.

FROM python:3.13-slim-bookworm AS build
WORKDIR /opt/wharf
COPY requirements.txt ./
COPY vendor/ vendor/
RUN python -m venv --without-pip .venv && \
    .venv/bin/python vendor/pip-26.3-py3-none-any.whl/pip --disable-pip-version-check install \
        --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY manage.py Procfile.large LICENSE NOTICE ./
COPY audit/ audit/
COPY accounts/ accounts/
COPY importers/ importers/
COPY moves/ moves/
COPY operations/ operations/
COPY config/ config/
COPY templates/ templates/
COPY static/ static/
COPY deploy/docker/ deploy/docker/
RUN WHARF_DATA_DIR=/tmp/build WHARF_STATIC_DIR=/opt/wharf/collected .venv/bin/python manage.py collectstatic --no-input --verbosity 0 && \
    .venv/bin/python -m compileall -q audit accounts importers moves operations config && \
    rm -rf /tmp/build vendor

FROM python:3.13-slim-bookworm
# pg_dump for `manage.py backup`: it must be of the database's version or later, so it comes from PostgreSQL itself.
ARG POSTGRESQL=17
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates postgresql-common && \
    /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && \
    apt-get install --yes --no-install-recommends "postgresql-client-${POSTGRESQL}" && \
    rm -rf /var/lib/apt/lists/* && \
    groupadd --gid 10001 wharf && \
    useradd --uid 10001 --gid wharf --home-dir /data --no-create-home --shell /usr/sbin/nologin wharf && \
    install --directory --owner wharf --group wharf --mode 0700 /data
COPY --from=build /opt/wharf /opt/wharf
WORKDIR /opt/wharf
ENV WHARF_DATA_DIR=/data \
    WHARF_STATIC_DIR=/opt/wharf/collected \
    HOST=0.0.0.0 \
    PORT=8000 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the web process. Whether the others live, /status/ready and /metrics say: their signs of life are in the database.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/status', timeout=4)"]
ENTRYPOINT ["/opt/wharf/deploy/docker/process"]
CMD ["web"]
