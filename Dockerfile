# A service without torch and without a network at run time. Build: docker build -t geungeo .
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 geungeo
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY eval eval
COPY index index
COPY rag rag
COPY seeds seeds
RUN pip install --no-cache-dir . && rm -rf /src
USER geungeo
WORKDIR /home/geungeo
ENV GEUNGEO_DATA=/home/geungeo/data GEUNGEO_CACHE=/home/geungeo/cache HF_HUB_OFFLINE=1
# The model's int8 file and the seeds' index are made now, not at the first question.
RUN geungeo ask "AX 법인의 매출 목표는?"
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
# There are no API keys yet: publish the port to this machine only (docker run -p 127.0.0.1:8000:8000 geungeo).
CMD ["geungeo", "serve", "--host", "0.0.0.0", "--allow-remote"]
