#!/bin/sh
# Runs every target of the fuzzer side by side with seeds of the clock, for so many minutes, and prints a table.
# Exit code 1: something was found; what, and where its script is, stands above the table.
# Usage: tools/soak.sh MINUTES [OPTIONS OF THE FUZZER]
set -eu
[ $# -ge 1 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
minutes=$1
shift
cd "$(dirname "$0")/.."
dotnet build fuzz/Paging.Fuzz -c Release -v q --nologo
exec nice -n 5 dotnet run -c Release --no-build --project fuzz/Paging.Fuzz -- --target soak --seconds "$((minutes * 60))" "$@"
