#!/usr/bin/env bash
# Random calls of many seeds (tests/programs/sources/anything.c), on the host's kernel and as a guest.
#   compare-calls.sh [FIRST [LAST [CALLS]]]
# Prints each seed whose lines differ, with the first of them, and ends with 1 if there is one. Needs gcc -m32, and src/tools/Paging.Cli
# built.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
first=${1:-1} last=${2:-100} calls=${3:-800}
paging=$here/src/tools/Paging.Cli/bin/Release/net10.0/paging.dll
[ -f "$paging" ] || { echo "build first: dotnet build -c Release src/tools/Paging.Cli" >&2; exit 2; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
gcc -m32 -static -O1 -pthread -o "$work/anything" "$here/tests/programs/sources/anything.c" || exit 2
different=0
for seed in $(seq "$first" "$last"); do
  mkdir -p "$work/root/tmp" "$work/native" && cp "$work/anything" "$work/root"
  TMPDIR=$work/native timeout 60 "$work/anything" "$seed" "$calls" > "$work/native.txt" 2>&1
  timeout -s KILL 120 dotnet "$paging" run --root "$work/root" --ram 64M --env TMPDIR=/tmp /anything "$seed" "$calls" \
    > "$work/guest.txt" 2>&1
  if ! cmp -s "$work/native.txt" "$work/guest.txt"; then
    different=$((different + 1))
    echo "seed $seed: host (<) and guest (>)"
    diff "$work/native.txt" "$work/guest.txt" | head -n 6
  fi
  rm -rf "$work/root" "$work/native"
done
echo "seeds $first to $last, $calls calls each: $different differ"
[ "$different" -eq 0 ]
