#!/usr/bin/env bash
# Builds programs of this folder for i386, static: build.sh DIRECTORY [NAME...]; without names all. Needs gcc -m32 (Debian: gcc-multilib).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh DIRECTORY [NAME...]}
shift
mkdir -p "$out"
[ $# -gt 0 ] || set -- $(cd "$here" && basename -a -s .c ./*.c traced/*.c)
# What is built is kept in artifacts, under a hash of all that it is made from.
kept=$here/../../../artifacts/programs
mkdir -p "$kept"
made_from() { { gcc --version; cat "$here/build.sh" "$here"/*.h "$here"/traced/*.h "$1"; } | sha256sum | cut -c1-32; }
build() {    # NAME SOURCE OPTION...
  local file=$kept/$1-$(made_from "$2") old
  if ! cp "$file" "$out/$1" 2>/dev/null; then
    gcc -m32 -static -O1 "${@:3}" -o "$out/$1" "$2"
    cp "$out/$1" "$kept/.$1-$$"
    mv "$kept/.$1-$$" "$file"    # complete, or not there
    for old in "$kept/$1"-*; do [ "$old" = "$file" ] || rm -f "$old"; done
  fi
}
for name; do
  if [ -f "$here/$name.c" ]; then
    case $name in
      planted) flags=-w ;;    # its errors are what it is for
      crashed | debugged | reversed) flags='-Wall -g' ;;
      *) flags=-Wall ;;
    esac
    build "$name" "$here/$name.c" $flags -Wno-infinite-recursion -pthread
  else    # without libc, at addresses that no kernel chooses
    build "$name" "$here/traced/$name.c" -nostdlib -nostartfiles -fno-pie -no-pie -fno-stack-protector -mno-sse -Wall
  fi
done
