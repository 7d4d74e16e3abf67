#!/bin/sh
# Builds the images of these tests with gcc -m32 (Debian: apt-get install gcc-multilib). The results are kept in the repository, so that
# the tests need no compiler; symbols.txt and segments.txt are what nm and objdump say of them.
set -eu
cd "$(dirname "$0")"
flags="-m32 -O1 -nostdlib -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none"
flags="$flags -Wl,--build-id=none -Wl,-z,max-page-size=4096"

gcc $flags -static -no-pie -fno-pic -Wl,-z,noseparate-code -o gonzo gonzo.c
gcc $flags -static-pie -fpie -o gonzo-static-pie gonzo.c
gcc $flags -pie -fpie -Wl,--dynamic-linker=/lib/interpreter.so -o gonzo-pie gonzo.c
gcc $flags -static -no-pie -fno-pic -Wl,-z,execstack -o gonzo-execstack gonzo.c
gcc $flags -static -no-pie -fno-pic -o mapper mapper.c
gcc $flags -shared -fpic -o librender.so render.c
gcc $flags -shared -fpic -Wl,-e,_start -o interpreter.so interpreter.c
gcc $flags -shared -fpic -Wl,-z,relro -Wl,--hash-style=gnu -o libpalette.so palette.c -L. -lrender
gcc $flags -no-pie -fno-pic -Wl,--dynamic-linker=/lib/ld-linux.so.2 -o painter painter.c -L. -lpalette -lrender

# Old programs have no PT_GNU_STACK; a linker that would leave it away is newer than most. Its header becomes one of no kind.
cp mapper mapper-old
number=$(objdump -p mapper | awk '/^ +[A-Z]+ off/ { if ($1 == "STACK") print count + 0; count++ }')
printf '\0\0\0\0' | dd of=mapper-old bs=1 seek=$((52 + 32 * number)) conv=notrunc status=none

names="cntActiveUsers|cntWorkerBees|gonzo|logLines|frameCount|framesDrawn|renderFrame|_start"
for image in gonzo gonzo-static-pie gonzo-pie librender.so; do
    nm "$image" | grep -v ' [Uw] ' | sed "s|^|$image |"
done | grep -E " ($names)\$" > symbols.txt
images="gonzo gonzo-static-pie gonzo-pie gonzo-execstack librender.so interpreter.so painter"
for image in $images; do
    objdump -p "$image" | awk -v image="$image" '
        $1 == "LOAD" || $1 == "STACK" { kind = $1; off = $3; at = $5; getline; print image, kind, off, at, $2, $4, $6 }'
done > segments.txt
