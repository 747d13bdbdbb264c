# Two stages: a builder with the compiler, and an image with Weir, its locked packages and nothing else.

FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python -m venv /srv/build && python -m venv /srv/weir
COPY requirements-build.lock requirements.lock ./
RUN /srv/build/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-build.lock \
 && /srv/weir/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml setup.py MANIFEST.in README.md ./
COPY config config
COPY discovery discovery
COPY policies policies
COPY gateway gateway
RUN /srv/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
 && /srv/weir/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin weir \
 && install --directory --owner weir --group weir /etc/weir /var/lib/weir
COPY --from=build /srv/weir /srv/weir
ENV PATH=/srv/weir/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /var/lib/weir
EXPOSE 8080 9901
HEALTHCHECK --interval=10s --timeout=2s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9901/livez', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["weir"]
CMD ["run", "-c", "/etc/weir"]
