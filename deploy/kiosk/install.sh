#!/bin/sh
# Makes this computer a kiosk: user, units, what the browser may do, which keyboards are ignored.
#
#   deploy/kiosk/install.sh https://parcels.example.org           the camera program reads, the screen shows its page
#   deploy/kiosk/install.sh https://parcels.example.org browser   the browser itself reads
#
# With ROOT=folder the files are laid there instead, and nothing else is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
address=${1:?usage: deploy/kiosk/install.sh https://parcels.example.org [browser]}
reader=${2:-program}
root=${ROOT:-}
address=${address%/}
name=${address#http://}
name=${name#https://}
case $name in
"$address" | '' | *[!A-Za-z0-9.:-]*) echo "'$address' cannot be used; write it as in https://parcels.example.org" >&2 && exit 2 ;;
esac
case $reader in
program) page=http://localhost:8090/ units="doorcode-kiosk doorcode-kiosk-screen" ;;
browser) page=$address/kiosk units=doorcode-kiosk-screen ;;
*) echo "the second word is browser or nothing" >&2 && exit 2 ;;
esac

if [ -z "$root" ]; then
    # cage does not start without Xwayland; the fonts write the recipients' languages.
    apt-get install --yes --no-install-recommends \
        cage chromium fonts-noto-core libpam-systemd udev xwayland
    id kiosk >/dev/null 2>&1 || useradd --system --create-home --shell /usr/sbin/nologin kiosk
    usermod --append --groups video,render kiosk
    install -d -o kiosk -g kiosk -m 700 /var/lib/doorcode-kiosk
fi

install -d "$root/etc/doorcode" "$root/etc/systemd/system" "$root/etc/udev/rules.d" \
    "$root/etc/chromium/policies/managed"
install -m 644 "$here/doorcode-kiosk.service" "$here/doorcode-kiosk-screen.service" "$root/etc/systemd/system"
install -m 644 "$here/90-doorcode-kiosk.rules" "$root/etc/udev/rules.d"
sed "s|https://parcels\.example\.org|$address|g" "$here/policy.json" >"$root/etc/chromium/policies/managed/doorcode.json"
camera=/dev/video0
[ ! -e "$root/etc/doorcode/kiosk" ] || camera=$(sed -n 's/^CAMERA=//p' "$root/etc/doorcode/kiosk")
printf 'SERVICE=%s\nCAMERA=%s\nPAGE=%s\n' "$address" "$camera" "$page" >"$root/etc/doorcode/kiosk"

if [ -z "$root" ]; then
    udevadm control --reload
    systemctl daemon-reload
    # shellcheck disable=SC2086  # the names are separate words on purpose
    systemctl enable $units
fi
