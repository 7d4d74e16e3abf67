#!/bin/sh
# Compares a load and a store of the host in the engine's memory, libriscv's and Unicorn's with an array. Needs g++ and cmake, the
# published library, and for Unicorn's row PAGING_UNICORN.
#   tools/clients/libriscv.sh CHECKOUT    of github.com/libriscv/libriscv
set -eu
checkout=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
library=$PWD/src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake -S "$checkout" -B "$folder" -DCMAKE_BUILD_TYPE=Release -DRISCV_BINARY_TRANSLATION=OFF -DRISCV_64I=OFF -DRISCV_EXT_V=OFF > /dev/null
cmake --build "$folder" --parallel --target riscv > /dev/null 2>&1 || { echo "libriscv.sh: it does not build" >&2; exit 1; }
g++ -std=c++20 -O2 -Wall -Wextra -Ibindings/c -isystem "$checkout/lib" -isystem "$folder/lib" tools/clients/libriscv.cpp \
  -o "$folder/client" "$folder/lib/libriscv.a" -L"$library" -lpaging -ldl -Wl,-rpath,"$library"
"$folder/client"
