#!/usr/bin/env bash
# Builds programs of this folder for i386, static: build.sh DIRECTORY [NAME...]; without names all. Needs gcc -m32 (Debian: gcc-multilib).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh DIRECTORY [NAME...]}
shift
mkdir -p "$out"
[ $# -gt 0 ] || set -- $(cd "$here" && basename -a -s .c ./*.c traced/*.c)
for name; do
  if [ -f "$here/$name.c" ]; then
    [ "$name" = planted ] && flags=-w || flags=-Wall    # its errors are what it is for
    gcc -m32 -static -O1 -g $flags -Wno-infinite-recursion -pthread -o "$out/$name" "$here/$name.c"
  else    # without libc, at addresses that no kernel chooses
    gcc -m32 -static -nostdlib -nostartfiles -O1 -fno-pie -no-pie -fno-stack-protector -mno-sse -Wall \
      -o "$out/$name" "$here/traced/$name.c"
  fi
done
