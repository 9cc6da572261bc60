#!/bin/sh
# Sets up everything that Doorcode needs, and does nothing when it is already there.
#
#   ./setup.sh run     what the service needs
#   ./setup.sh check   what the checks need on top
#   ./setup.sh test    what the tests need on top
#   ./setup.sh failover   what `make chaos-failover` needs on top of these
#
# System packages are installed where that is allowed (root, or sudo without a password);
# elsewhere the one line to type is printed.
set -eu
cd "$(dirname "$0")"
# What is installed is no secret, and the service's own user has to read it.
umask 022

purpose=${1:-run}
python=.venv/bin/python
missing=

say() { printf 'set-up: %s\n' "$*" >&2; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Some systems keep an older one under the plain name.
for system_python in python3 python3.14 python3.13 python3.12 python3.11 python3; do
    ! is_new_enough "$system_python" || break
done

# --- Is there anything to do? ------------------------------------------------------------------

# Of everything that decides what is installed; also of npm, which may come later, and of a Python that was upgraded.
fingerprint() {
    {
        cat setup.sh requirements*.txt package-lock.json .npmrc 2>/dev/null
        command -v npm
        "$python" --version
    } | sha256sum | cut -d ' ' -f 1
}

is_done() { [ -x "$python" ] && [ -f ".venv/set-up-$1" ] && [ "$(cat ".venv/set-up-$1")" = "$(fingerprint)" ]; }

# --- System packages ---------------------------------------------------------------------------

need() { # need PACKAGE CONDITION…: remember the package unless the condition holds
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

loads() { "$system_python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1"; }

has_nginx() { command -v nginx || [ -x /usr/sbin/nginx ]; }

has_haproxy() { command -v haproxy || [ -x /usr/sbin/haproxy ]; }

has_pgbouncer() { command -v pgbouncer || [ -x /usr/sbin/pgbouncer ]; }

has_postgresql() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; }

# dpkg is asked for fonts because no program is there to ask on a bare machine.
has_fonts() { dpkg-query -W -f '${db:Status-Status}' "$1" | grep -qx installed; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_be_root() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }

install_missing() { # install_missing needed|wanted
    [ -n "$missing" ] || return 0
    line="apt-get update && apt-get install --yes --no-install-recommends$missing"
    if command -v apt-get >/dev/null && may_be_root; then
        say "installing$missing"
        as_root apt-get update -qq
        # shellcheck disable=SC2086  # the names are separate words on purpose
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -qq $missing >/dev/null
    elif [ "$1" = needed ]; then
        say "these system packages are missing. Please type this line, then try again:"
        printf '\n    sudo sh -c "%s"\n\n' "$line" >&2
        exit 1
    else
        say "pictures are read and proofs printed better with these system packages. This line adds them:"
        printf '\n    sudo sh -c "%s"\n\n' "$line" >&2
    fi
    missing=
}

# --- Python ------------------------------------------------------------------------------------

make_environment() {
    mkdir -p .venv 2>/dev/null && [ -w .venv ] || {
        say "$(pwd) cannot be written by $(id -un): copy it to a folder of yours, or give it to that user"
        exit 1
    }
    if ! is_new_enough "$system_python"; then
        need python3 command -v python3
        install_missing needed
        is_new_enough python3 || {
            say "Python 3.11 or newer is needed; this is $(python3 --version)"
            exit 1
        }
    fi
    # An interpreter that is gone, or was upgraded, has left a .venv that finds none of its packages.
    "$python" -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' 2>/dev/null && is_new_enough "$python" || {
        say "making .venv"
        # Without pip, so that Debian's separate package python3-venv is not needed.
        "$system_python" -m venv --clear --without-pip .venv
    }
    need python3-pip has_pip
    install_missing needed
}

reaches_other_environments() { "$system_python" -m pip --python "$python" --version; }

# A pip before 22.3 installs into no other environment; then .venv gets the one that Python brings along.
has_pip() { reaches_other_environments || "$python" -m pip --version || "$python" -m ensurepip; }

pip() {
    if reaches_other_environments >/dev/null 2>&1; then
        "$system_python" -m pip --python "$python" "$@"
    else
        "$python" -m pip "$@"
    fi
}

install_python() { # install_python LOCK-FILE…
    locks=
    for lock in "$@"; do locks="$locks --requirement $lock"; done
    say "installing the Python packages of $*"
    # shellcheck disable=SC2086  # the options are separate words on purpose
    pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-warn-script-location $locks >&2
}

# --- The browser's decoder -----------------------------------------------------------------------

install_npm() { # install_npm OPTION…
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >/dev/null
}

install_browser_decoder() {
    [ -f package-lock.json ] || return 0
    if command -v npm >/dev/null; then
        say "installing the browser's decoder"
        install_npm --omit=dev ||
            say "npm could not fetch it: phones without a detector of their own will send their pictures to the service"
    else
        say "npm is not here: phones without a detector of their own will send their pictures to the service"
    fi
}

# --- The purposes ----------------------------------------------------------------------------------

set_up_run() {
    is_done run && return 0
    make_environment
    need libgl1 loads libGL.so.1
    need libglib2.0-0 loads libgthread-2.0.so.0
    need libzbar0 loads libzbar.so.0
    command -v dpkg-query >/dev/null && need fonts-noto-core has_fonts fonts-noto-core # proofs on paper
    install_missing wanted
    install_python requirements.txt
    install_browser_decoder
    fingerprint >.venv/set-up-run
}

set_up_check() {
    set_up_run
    is_done check && return 0
    need npm command -v npm
    install_missing needed
    install_python requirements.txt requirements-dev.txt
    say "installing what checks the pages' scripts"
    install_npm
    fingerprint >.venv/set-up-check
}

set_up_test() {
    set_up_check
    is_done test && return 0
    need chromium command -v chromium
    need firefox-esr command -v firefox-esr
    need webkit2gtk-driver command -v WebKitWebDriver
    need xvfb command -v Xvfb # WebKit wants a screen
    need libatomic1 loads libatomic.so.1 # for Playwright's driver
    need nginx has_nginx
    need postgresql has_postgresql
    need pgbouncer has_pgbouncer
    need systemd command -v systemd-analyze
    need util-linux command -v unshare
    if command -v dpkg-query >/dev/null; then
        need fonts-dejavu-core has_fonts fonts-dejavu-core
        need fonts-noto-core has_fonts fonts-noto-core
    fi
    install_missing needed
    fingerprint >.venv/set-up-test
}

set_up_failover() {
    set_up_test
    is_done failover && return 0
    need etcd-server command -v etcd
    need haproxy has_haproxy
    install_missing needed
    say "installing Patroni, for the system's own Python"
    # PostgreSQL's user runs it, who may not look into the folder of whoever runs this.
    rm -rf .venv/failover
    python3 -m pip --python /usr/bin/python3 install --quiet --quiet --disable-pip-version-check --require-hashes \
        --target .venv/failover --requirement requirements-failover.txt >&2
    fingerprint >.venv/set-up-failover
}

join_scripts() {
    if [ -x node_modules/.bin/esbuild ] && [ -n "$(find web/static/js web/http/scripts.py -newer web/static/joined/sources.sha256 2>&1)" ]; then
        "$python" -m web.http.scripts >&2
    fi
}

compile_translations() {
    [ -f web/i18n/catalogues.py ] || return 0
    if [ ! -f .venv/translations ] || [ -n "$(find web/i18n/locales -name '*.po' -newer .venv/translations)" ]; then
        "$python" -m web.i18n.catalogues compile >&2
        touch .venv/translations
    fi
}

case $purpose in
run) set_up_run ;;
check) set_up_check ;;
test) set_up_test ;;
failover) set_up_failover ;;
*)
    say "unknown purpose '$purpose': run, check, test or failover"
    exit 2
    ;;
esac
join_scripts
compile_translations
