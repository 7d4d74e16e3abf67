#!/usr/bin/env bash
# Fetches a Unicorn CPU emulator that is new enough for x86 paging: 2.1 or later (Debian 12's own 2.0.1 translates wrongly).
# Installs nothing: it unpacks Debian 13's package from the mirror that this machine is set up with. The guest processor finds it there.
#   tools/get-unicorn.sh [DIR]    DIR: artifacts/unicorn of this repository if not given. Prints the library's path.
set -euo pipefail
dir=${1:-$(dirname "$0")/../artifacts/unicorn}
dir=$(mkdir -p "$dir" && cd "$dir" && pwd)
library=$dir/usr/lib/x86_64-linux-gnu/libunicorn.so.2
[ -e "$library" ] && { echo "$library"; exit 0; }

[ "$(uname -m)" = x86_64 ] || { echo "get-unicorn.sh: only for x86-64" >&2; exit 1; }
command -v apt-get > /dev/null && command -v dpkg > /dev/null || {
  echo "get-unicorn.sh: needs apt-get and dpkg; or install Unicorn 2.1 yourself and set PAGING_UNICORN to its file" >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
sources=(/etc/apt/sources.list /etc/apt/sources.list.d)
mirror=$(grep -rhoE "https?://[^ ]+/debian/?( |$)" "${sources[@]}" 2> /dev/null | head -n 1 | tr -d " " || true)
[ -n "$mirror" ] || { echo "get-unicorn.sh: no Debian mirror in the apt sources" >&2; exit 1; }
echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$work/sources.list"
options=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$work/lists"
  -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update -qq >&2 || true
(cd "$work" && apt-get "${options[@]}" download -qq libunicorn2t64 >&2)
dpkg -x "$work"/libunicorn2t64_*.deb "$dir"
echo "$library"
