# syntax=docker/dockerfile:1
# Images that run lahja without network: docs/how-to/container.md.
#   docker build --tag lahja .                       on a CPU, the default
#   docker build --target cuda --tag lahja:cuda .    on NVIDIA GPUs
ARG PYTHON=3.11.14-slim-bookworm

# --- the environment, built with compilers that the images leave behind ------------------------

FROM python:${PYTHON} AS build
# Debian keeps one version of a package per release, so pins of these would break within weeks.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential cmake \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /lahja
COPY envs envs
RUN python -m venv .venv

FROM build AS build-cpu
RUN .venv/bin/python -m pip install --no-cache-dir \
        --index-url https://download.pytorch.org/whl/cpu --requirement envs/torch.txt \
    && .venv/bin/python -m pip install --no-cache-dir --requirement envs/main.txt

# PyPI's torch brings CUDA's libraries along; the driver comes from the host.
FROM build AS build-cuda
RUN .venv/bin/python -m pip install --no-cache-dir --requirement envs/torch.txt \
    && .venv/bin/python -m pip install --no-cache-dir --requirement envs/main.txt \
        --requirement envs/qlora.txt

# --- the images -------------------------------------------------------------------------------

FROM python:${PYTHON} AS base
# The user of the host who owns the mounted folders: --build-arg UID=$(id -u).
ARG UID=1000
RUN useradd --create-home --uid "${UID}" lahja \
    && install --directory --owner lahja /lahja /lahja/results /lahja/logs /lahja/benchmarks
WORKDIR /lahja
ENV PATH=/lahja/.venv/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["snakemake"]
CMD ["--configfile", "config/demo.yaml", "--cores", "all"]

FROM base AS cuda
COPY --from=build-cuda --chown=lahja /lahja/.venv .venv
COPY --chown=lahja . .
USER ${UID}
RUN python -m pip install --no-cache-dir --no-deps --editable .
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

FROM base AS cpu
COPY --from=build-cpu --chown=lahja /lahja/.venv .venv
COPY --chown=lahja . .
USER ${UID}
RUN python -m pip install --no-cache-dir --no-deps --editable .
