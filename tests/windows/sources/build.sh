#!/usr/bin/env bash
# Builds programs of this folder for 32-bit Windows, those of runtime with a C library: build.sh DIRECTORY [NAME...]; without names all.
# Needs i686-w64-mingw32-gcc (Debian: gcc-mingw-w64-i686).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh DIRECTORY [NAME...]}
shift
mkdir -p "$out"
# Most of windows.h is left out: to read it takes four fifths of the compiler's time.
compiler='i686-w64-mingw32-gcc -O1 -Wall -DWIN32_LEAN_AND_MEAN -DNOGDI -DNOUSER -DNOSERVICE -DNOMCX'
build() {    # SOURCE NAME [OPTION...]
  $compiler -std=gnu11 -g0 -Wno-array-bounds -ffreestanding -fno-builtin -fno-stack-protector -mno-stack-arg-probe \
    -fno-tree-loop-distribute-patterns -nostdlib -nodefaultlibs -Wl,-e,_start -Wl,--dynamicbase \
    "${@:3}" -o "$out/$2.exe" "$here/$1.c" -lkernel32 -lntdll
}
build_with_libc() { # as any program is built
  $compiler -Wno-format -Wno-infinite-recursion -Wno-unused-but-set-variable -o "$out/$1.exe" "$here/runtime/$1.c"
}
[ $# -gt 0 ] || set -- $(cd "$here" && basename -a -s .c ./*.c runtime/*.c) moved
for name; do
  case $name in
    large) build large large -Wl,--large-address-aware ;;
    moved) build hello moved -Wl,--image-base,0xa0000000 ;;    # where no program can be: it has to be moved
    *) if [ -f "$here/$name.c" ]; then build "$name" "$name"; else build_with_libc "$name"; fi ;;
  esac
done
