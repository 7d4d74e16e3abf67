#!/usr/bin/env bash
# Fetches real i386 programs that nobody here wrote, for the tests of the guest kernel, and installs nothing: Debian's packages are unpacked
# from the mirror that this machine is set up with.
#   tools/get-i386.sh [DIR]    DIR: artifacts/i386 of this repository if not given. Prints it.
set -euo pipefail
dir=${1:-$(dirname "$0")/../artifacts/i386}
dir=$(mkdir -p "$dir" && cd "$dir" && pwd)
[ -e "$dir/bin/busybox" ] && [ -e "$dir/usr/bin/sqlite3" ] && { echo "$dir"; exit 0; }

command -v apt-get > /dev/null && command -v dpkg > /dev/null || { echo "get-i386.sh: needs apt-get and dpkg" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: > "$work/status"
options=(-o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status"
         -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
apt-get "${options[@]}" update -qq >&2 || true
(cd "$work" && apt-get "${options[@]}" download -qq busybox-static bash-static mksh sqlite3 libsqlite3-0 libc6 libgcc-s1 libreadline8 \
    libtinfo6 zlib1g >&2)
for package in "$work"/*.deb; do dpkg -x "$package" "$dir"; done
[ -e "$dir/bin/busybox" ] || ln -s usr/bin "$dir/bin"    # where the distribution has only one of the two folders
echo "$dir"
