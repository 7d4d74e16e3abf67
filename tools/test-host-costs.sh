#!/bin/sh
# Makes a price list for this host with small working sets, has the command take it, and gives the bench wild arguments. Some 10 s once both
# are built: tools/test-host-costs.sh. Times do not matter here.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "test-host-costs: $1" >&2; exit 1; }
bench() { dotnet bench/Paging.Bench/bin/Release/net10.0/Paging.Bench.dll "$@"; }
refused() { # refused WORDS ARGUMENT…: exit code 2, one line with these words, and no file
  words=$1; shift
  status=0
  bench --costs "$folder/none.json" "$@" > "$folder/out" 2> "$folder/errors" || status=$?
  [ "$status" -eq 2 ] || fail "$*: exit code $status, not 2"
  grep -qF -- "$words" "$folder/errors" || fail "$*: no '$words' in: $(cat "$folder/errors")"
  [ ! -e "$folder/none.json" ] || fail "$*: a list was written"
}

mkdir "$folder/docs"
printf 'a\n<!-- host costs: begin -->\nold\n<!-- host costs: end -->\nb\n' > "$folder/docs/COSTS.md"
bench --costs "$folder/host.json" --largest 1 --rounds 1 --docs "$folder" > "$folder/tables"
grep -q '^| munmap, ' "$folder/tables" || fail "the tables have no row of munmap"
sed -n '/begin -->/,/end -->/p' "$folder/docs/COSTS.md" | sed '1d;$d' | cmp - "$folder/tables" || fail "the document has other tables"
[ "$(sed -n '1p;$p' "$folder/docs/COSTS.md" | tr -d '\n')" = ab ] || fail "the document has lost its other lines"
dotnet src/tools/Paging.Cli/bin/Release/net10.0/paging.dll script docs/tour/06-fork.scn --costs "$folder/host.json" > "$folder/out" \
  || fail "the command does not take the list: $(cat "$folder/out")"
grep -q this-host "$folder/out" || fail "the command does not name the list"
refused "--largest is a power of two" --largest 0
refused "--largest is a power of two" --largest 3
refused "--largest is a power of two" --largest 2048
refused "--largest is a power of two" --largest -1
refused "--rounds is a number" --rounds 0
refused "--rounds is a number" --rounds 100000
refused "'--lagrest' is not an option" --lagrest 1
status=0
bench --costs "$folder/no/such/place.json" --largest 1 > /dev/null 2> "$folder/errors" || status=$?
[ "$status" -eq 2 ] || fail "a list without a folder: exit code $status, not 2"
echo "a list of $(grep -c '"value"' "$folder/host.json") prices; wild arguments are refused"
