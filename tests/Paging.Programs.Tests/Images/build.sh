#!/bin/sh
# Builds the images of these tests with gcc -m32 (Debian: apt-get install gcc-multilib). The results are kept in the repository, so that
# the tests need no compiler; symbols.txt and segments.txt are what nm and objdump say of them.
set -eu
cd "$(dirname "$0")"
flags="-m32 -O1 -nostdlib -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -Wl,--build-id=none -Wl,-z,max-page-size=4096"

gcc $flags -static -no-pie -fno-pic -Wl,-z,noseparate-code -o gonzo gonzo.c
gcc $flags -static-pie -fpie -o gonzo-static-pie gonzo.c
gcc $flags -pie -fpie -Wl,--dynamic-linker=/lib/interpreter.so -o gonzo-pie gonzo.c
gcc $flags -static -no-pie -fno-pic -Wl,-z,execstack -o gonzo-execstack gonzo.c
gcc $flags -shared -fpic -o librender.so render.c
gcc $flags -shared -fpic -Wl,-e,_start -o interpreter.so interpreter.c

for image in gonzo gonzo-static-pie gonzo-pie librender.so; do
    nm "$image" | sed "s|^|$image |"
done | grep -E ' (cntActiveUsers|cntWorkerBees|gonzo|logLines|frameCount|framesDrawn|renderFrame|_start)$' > symbols.txt
for image in gonzo gonzo-static-pie gonzo-pie gonzo-execstack librender.so interpreter.so; do
    objdump -p "$image" | awk -v image="$image" '$1 == "LOAD" || $1 == "STACK" { kind = $1; off = $3; at = $5; getline; print image, kind, off, at, $2, $4, $6 }'
done > segments.txt
