#!/usr/bin/env bash
# Builds the programs of this folder for i386, static: build.sh DIRECTORY. Needs gcc -m32 (Debian: gcc-multilib).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh DIRECTORY}
mkdir -p "$out"
for source in "$here"/*.c; do
  gcc -m32 -static -O1 -g -Wall -Wno-infinite-recursion -pthread -o "$out/$(basename "${source%.c}")" "$source"
done
for source in "$here"/traced/*.c; do    # without libc, at addresses that no kernel chooses
  gcc -m32 -static -nostdlib -nostartfiles -O1 -fno-pie -no-pie -fno-stack-protector -mno-sse -Wall \
    -o "$out/$(basename "${source%.c}")" "$source"
done
