#!/usr/bin/env bash
# Prove on an empty Debian that a clone and one command are enough (as root; needs debootstrap).
#
#   scripts/empty_machine.sh [FOLDER]     default /tmp/hyperflow-empty; kept, and used again, until you remove it
#
# Makes a bare Debian 12 root with python3, python3-venv, make, git and certificates, clones this repository's HEAD into it,
# and runs there as an ordinary user: `make run` until /api/health answers 200, a second time to measure the start, then
# `make test`. Everything printed is kept in FOLDER/empty_machine.log. How this machine reaches its package index (pip.conf,
# PIP_*, UV_*, certificates, folders named there) is carried over.
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER=${1:-/tmp/hyperflow-empty}
BASE=$FOLDER/base ROOT=$FOLDER/root LOG=$FOLDER/empty_machine.log
PORT=${PORT:-18765}
mkdir -p "$FOLDER"
exec > >(tee "$LOG") 2>&1
[ "$(id -u)" = 0 ] || { echo "Run this as root: debootstrap and chroot need it."; exit 1; }

if [ ! -e "$BASE/.complete" ]; then
  echo "== debootstrap"
  rm -rf "$BASE"
  # The mirror that this machine's own apt uses.
  mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' | head -n 1)}
  debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates bookworm "$BASE" \
    "$mirror" > "$FOLDER/debootstrap.log"
  touch "$BASE/.complete"
fi
mounted=()
clean_up() {
  local path
  for path in "${mounted[@]}"; do umount -l "$path" 2> /dev/null || true; done
}
trap clean_up EXIT
for path in $(awk -v r="$ROOT/" 'index($2, r) == 1 { print $2 }' /proc/mounts); do umount -l "$path"; done
rm -rf --one-file-system "$ROOT"
cp -a "$BASE" "$ROOT"

bring() { # a file or folder of this machine, read-only, at the same place
  [ -e "$1" ] || return 0
  if [ -d "$1" ]; then mkdir -p "$ROOT$1"; else mkdir -p "$ROOT$(dirname "$1")"; [ -e "$ROOT$1" ] || touch "$ROOT$1"; fi
  mount --bind "$1" "$ROOT$1"
  mounted=("$ROOT$1" "${mounted[@]}")
}
mount -t proc proc "$ROOT/proc"; mounted=("$ROOT/proc")
mount --bind /dev "$ROOT/dev"; mounted=("$ROOT/dev" "${mounted[@]}")
mount -t tmpfs tmpfs "$ROOT/dev/shm" 2> /dev/null && mounted=("$ROOT/dev/shm" "${mounted[@]}") || true
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs; do bring "$file"; done
# Folders that pip's settings name.
for folder in $({ cat /etc/pip.conf 2> /dev/null; env | grep -E '^(PIP|UV)_'; } | grep -oE '(file://)?/[A-Za-z0-9._/-]+' | sed 's#^file://##'); do
  case $folder in /etc/*) ;; *) [ -d "$folder" ] && bring "$folder" ;; esac
done
carried=()
while IFS= read -r line; do carried+=("$line"); done < <(
  env | grep -E '^(PIP_|UV_|SSL_CERT_|REQUESTS_CA_BUNDLE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)' || true)

git clone --quiet --no-hardlinks --no-local . "$ROOT/srv/hyperflow"
chroot "$ROOT" useradd --create-home --shell /bin/bash person
chroot "$ROOT" chown -R person /srv/hyperflow

# Run as an ordinary user in the empty machine, with nothing of our environment but the way to the index.
enter=(chroot --userspec=person:person "$ROOT" /usr/bin/env -i HOME=/home/person LANG=C.UTF-8 PATH=/usr/bin:/bin
  "${carried[@]}" PORT="$PORT" /bin/bash -c)
inside() { "${enter[@]}" "cd /srv/hyperflow && $1"; }
now() { python3 -c 'import time; print(f"{time.time():.1f}")'; }
since() { python3 -c 'import sys, time; print(f"{time.time() - float(sys.argv[1]):.1f}")' "$1"; }

echo "== the empty machine: $(inside 'python3 --version; make --version | head -1; git log --oneline | head -1' | tr '\n' ' ')"
start() {
  echo "== make run ($1)"
  local begun child answer
  begun=$(now)
  "${enter[@]}" "cd /srv/hyperflow && exec make run" < /dev/null > "$FOLDER/run.log" 2>&1 &
  child=$!
  answer=$(python3 - "$PORT" "$child" << 'PYTHON'
import os, sys, time, urllib.request

while True:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/api/health", timeout=5) as answer:
            print(answer.read().decode())
            break
    except OSError:
        try:
            os.kill(int(sys.argv[2]), 0)
        except ProcessLookupError:
            sys.exit(1)
        time.sleep(0.05)
PYTHON
  ) || { cat "$FOLDER/run.log"; echo "make run ended before it answered"; exit 1; }
  echo "first 200 of /api/health after $(since "$begun") s: $answer"
  sleep 3
  kill -TERM "$child"
  wait "$child" || true
  grep -v '^{' "$FOLDER/run.log" || true
  local left
  left=$(for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root" 2> /dev/null)" = "$ROOT" ] && tr '\0' ' ' < "$process/cmdline"
  done || true)
  [ -z "$left" ] || { echo "processes were left: $left"; exit 1; }
  echo "SIGTERM ended it and every child"
}
start "first time"
start "second time"
echo "== make test"
begun=$SECONDS
inside 'make test' < /dev/null
echo "== make test passed after $((SECONDS - begun)) s"
