#!/usr/bin/env bash
# Random calls, images and signal frames of many seeds (anything.c, memory-calls.c, company.c, images.c and frames.c of
# tests/programs/sources), on the host's kernel and as a guest.
#   compare-calls.sh [FIRST [LAST [CALLS [OPTIONS OF paging run]]]]
# Prints each seed whose lines differ, with the first of them, and ends with 1 if there is one. Needs gcc -m32, and src/tools/Paging.Cli
# built.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
first=${1:-1} last=${2:-100} calls=${3:-800}
shift $(($# < 3 ? $# : 3))
paging=$here/src/tools/Paging.Cli/bin/Release/net10.0/paging.dll
[ -f "$paging" ] || { echo "build first: dotnet build -c Release src/tools/Paging.Cli" >&2; exit 2; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
options=("$@")
names='anything memory-calls company images frames'
for name in $names; do
  gcc -m32 -static -O1 -pthread -o "$work/$name" "$here/tests/programs/sources/$name.c" || exit 2
done
different=0
compare() { # compare NAME SEED
  mkdir -p "$work/root/tmp" "$work/native" && cp "$work/$1" "$work/root"
  TMPDIR=$work/native timeout 60 "$work/$1" "$2" "$calls" > "$work/native.txt" 2>&1
  timeout -s KILL 120 dotnet "$paging" run --root "$work/root" --ram 64M --env TMPDIR=/tmp "${options[@]}" "/$1" "$2" "$calls" \
    > "$work/guest.txt" 2>&1
  if ! cmp -s "$work/native.txt" "$work/guest.txt"; then
    different=$((different + 1))
    echo "$1, seed $2: host (<) and guest (>)"
    diff "$work/native.txt" "$work/guest.txt" | head -n 6
  fi
  rm -rf "$work/root" "$work/native"
}
for seed in $(seq "$first" "$last"); do
  for name in $names; do compare "$name" "$seed"; done
done
echo "seeds $first to $last, $calls calls each: $different differ"
[ "$different" -eq 0 ]
