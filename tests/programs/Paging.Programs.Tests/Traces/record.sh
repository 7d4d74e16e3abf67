#!/bin/sh
# record.sh                     records words.rep anew: our own program, compiled for i386
# record.sh OUT COMMAND [ARG…]  records any dynamically linked program of this host into OUT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
    out=$1
    shift
    gcc -O2 -shared -fPIC -o "$work/recorder.so" "$here/recorder.c"
    rm -f "$out"
    ALLOCATION_TRACE=$out LD_PRELOAD=$work/recorder.so "$@" > "$work/output"
else
    out=$here/words.rep
    gcc -m32 -O2 -shared -fPIC -o "$work/recorder.so" "$here/recorder.c"
    gcc -m32 -O2 -o "$work/words" "$here/words.c"
    cat "$here/words.c" "$here/recorder.c" > "$work/text"
    rm -f "$out"
    ALLOCATION_TRACE=$out LD_PRELOAD=$work/recorder.so "$work/words" "$work/text" > "$work/output"
fi
wc -l "$out"
