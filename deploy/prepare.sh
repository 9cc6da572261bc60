#!/bin/sh
# Makes what compose.several.yaml needs beside it: a database password, the settings, nginx's configuration.
# Certificates are yours: put them into deploy/tls as certificate.pem and key.pem.
set -eu
cd "$(dirname "$0")"
address=${1:?usage: deploy/prepare.sh https://parcels.example.org}
name=${address#https://}
case $name in
"$address" | '' | *[!A-Za-z0-9.-]*) echo "'$address' cannot be used; write it as in https://parcels.example.org" >&2 && exit 2 ;;
esac
umask 077
mkdir -p secrets tls
if [ ! -e secrets/database-password ]; then
    password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
    printf '%s' "$password" >secrets/database-password
    printf 'database:5432:doorcode:doorcode:%s\n' "$password" >secrets/pgpass
    # Read by the service's own user in the container (libpq wants it closed to all others).
    chown 10001 secrets/pgpass 2>/dev/null || echo "make secrets/pgpass belong to user 10001" >&2
fi
umask 022
sed -e "s|^  public_url: .*|  public_url: $address|" \
    -e 's|^  trusted_proxies: .*|  trusted_proxies: 1|' \
    -e 's|^  proxy_networks: .*|  proxy_networks: [172.16.0.0/12]|' \
    -e 's|^  https_port: .*|  https_port: 0|' ../config.yaml >config.several.yaml
sed -e 's|127\.0\.0\.1:808\([123]\) |web-\1:8080 |' -e "s|parcels\.example\.org|$name|" \
    nginx/doorcode.conf >nginx/doorcode.compose.conf
