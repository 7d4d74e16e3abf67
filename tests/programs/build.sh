#!/usr/bin/env bash
# Builds the programs of this folder for i386, static: build.sh DIRECTORY. Needs gcc -m32 (Debian: gcc-multilib).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh DIRECTORY}
mkdir -p "$out"
for source in "$here"/*.c; do
  gcc -m32 -static -O1 -Wall -Wno-infinite-recursion -pthread -o "$out/$(basename "${source%.c}")" "$source"
done
