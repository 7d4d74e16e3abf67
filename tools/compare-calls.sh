#!/usr/bin/env bash
# Random calls, images and signal frames of many seeds (anything.c, memory-calls.c, company.c, images.c and frames.c of
# tests/programs/sources), on the host's kernel, or in a machine of QEMU's, and as a guest.
#   compare-calls.sh [-m KERNEL] [-e SED] [-p "PROGRAM…"] [FIRST [LAST [CALLS [OPTIONS OF paging run]]]]
#     -m  not on the host, but on a kernel that tools/native/machine.sh knows, for hosts that start no 32-bit program
#     -e  an expression of sed for both outputs, for what is known to differ: 's/(posix_fadvise.*, -.*) = .*/\1/'
#     -p  only these programs
#   PAGING  the command [default: src/tools/Paging.Cli/bin/Release/net10.0/paging]
# Prints each seed whose lines differ, with the first of them, and ends with 1 if there is one. Needs gcc -m32.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
machine= expression= names='anything memory-calls company images frames'
while getopts m:e:p: option; do
  case $option in
    m) machine=$OPTARG ;;
    e) expression=$OPTARG ;;
    p) names=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
first=${1:-1} last=${2:-100} calls=${3:-800}
shift $(($# < 3 ? $# : 3))
paging=${PAGING:-$here/src/tools/Paging.Cli/bin/Release/net10.0/paging}
[ -x "$paging" ] || { echo "build first: dotnet build -c Release src/tools/Paging.Cli" >&2; exit 2; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
options=("$@")
for name in $names; do
  gcc -m32 -static -O1 -pthread -o "$work/$name" "$here/tests/programs/sources/$name.c" || exit 2
done
if [ -n "$machine" ]; then
  for name in $names; do
    for seed in $(seq "$first" "$last"); do
      job=$work/jobs/$name-$seed
      mkdir -p "$job" && cp "$work/$name" "$job/program" && echo "$name" > "$job/name" && echo "set -- $seed $calls" > "$job/arguments"
    done
  done
  "$here/tools/native/machine.sh" -k "$machine" -t 60 "$work/jobs" "$work/out" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 2; }
fi
different=0 lines=0
run_native() { # run_native NAME SEED
  if [ -n "$machine" ]; then
    cat "$work/out/$1-$2.1.output" "$work/out/$1-$2.1.errors"
  else
    TMPDIR=$work/native timeout 60 "$work/$1" "$2" "$calls" 2>&1
  fi
}
compare() { # compare NAME SEED
  mkdir -p "$work/root/tmp" "$work/native" && cp "$work/$1" "$work/root" && touch "$work"/root/.{input,output,errors}
  run_native "$1" "$2" | sed -E "$expression" > "$work/native.txt"
  timeout -s KILL 120 "$paging" run --root "$work/root" --ram 64M --env TMPDIR=/tmp "${options[@]}" "/$1" "$2" "$calls" 2>&1 \
    | sed -E "$expression" > "$work/guest.txt"
  lines=$((lines + $(wc -l < "$work/guest.txt")))
  if ! cmp -s "$work/native.txt" "$work/guest.txt"; then
    different=$((different + 1))
    echo "$1, seed $2: kernel (<) and guest (>)"
    diff "$work/native.txt" "$work/guest.txt" | head -n 6
  fi
  rm -rf "$work/root" "$work/native"
}
for seed in $(seq "$first" "$last"); do
  for name in $names; do compare "$name" "$seed"; done
done
echo "seeds $first to $last, $calls calls each, $lines lines: $different differ"
[ "$different" -eq 0 ]
