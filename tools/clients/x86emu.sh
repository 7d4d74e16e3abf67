#!/bin/sh
# Runs libx86emu (Debian: libx86emu-dev) with its memory in an engine. Needs gcc, clang, llvm-objcopy, and the published library.
set -eu
cd "$(dirname "$0")/../.."
library=$PWD/src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
clang --target=i386 -O1 -ffreestanding -fno-pic -fno-builtin -c tools/clients/x86emu-guest.c -o "$folder/guest.o"
llvm-objcopy -O binary -j .text.start "$folder/guest.o" "$folder/guest"
gcc -O2 -Wall -Wextra -Ibindings/c tools/clients/x86emu.c -o "$folder/client" -L"$library" -lpaging -lx86emu -Wl,-rpath,"$library"
"$folder/client" "$folder/guest"
