#!/bin/sh
# Makes dist/: the wheel, what is in it (CycloneDX), the licences of others, and checksums. `make release` calls it.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
mkdir dist
.venv/bin/python -m hatchling build --target wheel --directory dist
.venv/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible --output-file dist/sbom-python.cdx.json \
    requirements.txt
npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx --sbom-type=application >dist/sbom-pages.cdx.json
.venv/bin/python deploy/third_party_notices.py >dist/THIRD-PARTY-NOTICES.txt
cp CHANGELOG.md config.yaml requirements.txt dist
cd dist
sha256sum -- * >SHA256SUMS
cat SHA256SUMS
