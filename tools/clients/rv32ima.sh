#!/bin/sh
# Runs mini-rv32ima (a checkout of github.com/cnlohr/mini-rv32ima) with its RAM in an engine, and beside that with its own array.
#   tools/clients/rv32ima.sh CHECKOUT
# Needs gcc, clang with its RISC-V target, llvm-objcopy, and the published library.
set -eu
cd "$(dirname "$0")/../.."
header=$1/mini-rv32ima
library=$PWD/src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
clang --target=riscv32 -march=rv32im -O1 -mno-relax -ffreestanding -fno-builtin -c tools/clients/rv32ima-guest.c -o "$folder/guest.o"
llvm-objcopy -O binary -j .text.start "$folder/guest.o" "$folder/guest"
build() { gcc -O2 -w "$@" -Ibindings/c -I"$header" tools/clients/rv32ima.c -L"$library" -lpaging -Wl,-rpath,"$library"; }
build -o "$folder/engine"
build -DOWN_ARRAY -o "$folder/array"
echo "its own array:"; array=$("$folder/array" "$folder/guest")
echo "in an engine:"; engine=$("$folder/engine" "$folder/guest")
echo "$engine"
[ "$engine" = "$array" ] || { echo "the two differ: $array with its own array"; exit 1; }
