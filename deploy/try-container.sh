#!/bin/sh
# Builds the image and tries it as compose.one.yaml runs it: read-only, without capabilities, as a user. Needs podman.
#
#   make test-container
#   make test-container BASE=localhost/debian:12 BUILD='--isolation chroot' RUN='--runtime runc'
set -eu
cd "$(dirname "$0")/.."
command -v podman >/dev/null || {
    echo "podman is not here: nothing was built, so nothing is shown (apt-get install podman)" >&2
    exit 1
}
name=doorcode-trial-$$
trap 'podman rm --force --volumes "$name" >/dev/null 2>&1 || true' EXIT
# shellcheck disable=SC2086  # the options are separate words on purpose
podman build ${BUILD:-} --format docker ${BASE:+--build-arg BASE=$BASE} --file deploy/Containerfile --tag doorcode:trial .
megabytes=$(($(podman image inspect --format '{{.Size}}' doorcode:trial) / 1000000))
echo "size: $megabytes MB"
[ "$megabytes" -lt 700 ]
# shellcheck disable=SC2086
podman run ${RUN:-} --detach --name "$name" --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges doorcode:trial
tries=0
until podman healthcheck run "$name"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { podman logs "$name"; exit 1; }
    sleep 1
done
echo "healthy"
[ "$(podman exec "$name" id -u)" = 10001 ]
! podman exec "$name" sh -c 'command -v npm || command -v cc || command -v strip'
podman exec "$name" .venv/bin/python app.py check | grep '^ok      decoders'
podman exec "$name" sh -c 'ls /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf node_modules/zxing-wasm/dist/reader/zxing_reader.wasm'
podman stop --time 20 "$name" >/dev/null
[ "$(podman inspect --format '{{.State.ExitCode}}' "$name")" = 0 ]
echo "stopped cleanly"
