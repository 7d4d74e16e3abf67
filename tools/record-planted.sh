#!/usr/bin/env bash
# Records what valgrind's memcheck says of tests/programs/sources/planted.c, for the tests of `paging run --check memory`.
# Usage: tools/record-planted.sh > tests/programs/sources/planted.valgrind
# Needs gcc -m32 and valgrind; the C library and its debug symbols come from the distribution, into a folder of their own, but for the
# symbols, which valgrind finds only below /usr/lib/debug.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libc6:i386 libc6-dbg:i386 >&2
for package in *.deb; do dpkg -x "$package" root; done
cd "$OLDPWD"
mkdir -p /usr/lib/debug/.build-id
cp -rn "$work"/root/usr/lib/debug/.build-id/* /usr/lib/debug/.build-id/
library=$work/root/lib/i386-linux-gnu
gcc -m32 -g -w -Wl,--dynamic-linker="$library/ld-linux.so.2" -Wl,-rpath="$library" -o "$work/planted" tests/programs/sources/planted.c
echo "# $(valgrind --version): number, error, bytes, place in the block, its bytes, its state, function"
for number in $(seq 0 22); do
  valgrind -q --log-file="$work/log" "$work/planted" "$number" > /dev/null || true
  awk -v number="$number" '
    function flush() { if (kind != "") print number ", " kind ", " place ", " where }
    { sub(/^==[0-9]+== ?/, "") }
    /^Invalid (read|write) of size/ { flush(); kind = "invalid " $2 ", " $5; place = "-"; where = ""; wants = 1 }
    /^Invalid free/ { flush(); kind = "free, -"; place = "-"; where = ""; wants = 1 }
    /^Conditional jump/ { flush(); kind = "branch, -"; place = "-"; where = ""; wants = 1 }
    /^Use of uninitialised value/ { flush(); kind = "address, -"; place = "-"; where = ""; wants = 1 }
    /^Syscall param/ { flush(); kind = "call, -"; place = "-"; where = ""; wants = 1 }
    wants && /\(planted\.c:/ { where = $(NF - 1); wants = 0 }
    / bytes (inside|after|before) a block of size/ {
      size = $11
      gsub(/,/, "", size)
      if (kind !~ /^(branch|address|call)/) place = $4 " " $6 ", " size ", " ($12 ~ /free/ ? "freed" : "live")
    }
    END { flush() }' "$work/log" | sed 's/, -, \([a-z_]*\)$/, -, -, -, \1/'
done
