# A service without torch and without a network at run time.
#   docker build -t geungeo .        then deploy/compose.yaml
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY eval eval
COPY index index
COPY rag rag
COPY seeds seeds
ARG EXTRAS=mcp
RUN python -m venv /opt/geungeo && /opt/geungeo/bin/pip install --no-cache-dir ".[$EXTRAS]"

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 geungeo && install -d -o geungeo /data /cache
COPY --from=build /opt/geungeo /opt/geungeo
ENV PATH=/opt/geungeo/bin:$PATH GEUNGEO_DATA=/data GEUNGEO_CACHE=/cache HF_HUB_OFFLINE=1
USER geungeo
WORKDIR /home/geungeo
# The model's int8 file is made now, not at the first start; that it answers is seen, and the folder stays empty.
RUN GEUNGEO_DATA=/tmp/check geungeo ask "AX 법인의 매출 목표는?" && rm -r /tmp/check
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
# Other machines are served only when there is a key: docker compose run --rm geungeo keys create NAME
ENTRYPOINT ["geungeo"]
CMD ["serve", "--host", "0.0.0.0"]
