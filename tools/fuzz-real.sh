#!/usr/bin/env bash
# Fuzzes programs of Debian with afl-fuzz and `paging fuzz`, built for i386 from the source of Debian's package without the patch of one
# known bug (and those behind it in the series). Ends with a program when an input is found that the patch mends: the program has an error
# with its memory, and the same program with the patch has none.
#   tools/fuzz-real.sh DIR [SECONDS [PROGRAM...]]    DIR is made and kept; SECONDS for each program, 600 if not given;
#                                                    PROGRAM: fig2dev, xls2csv, mp3gain
# Needs Debian 12 with its sources in apt's list, afl++, gcc-multilib, dpkg-dev, make, patch, python3, and the built command. Exit status:
# 0 all were found, 1 not all, 77 something is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
missing() { echo "fuzz-real.sh: skipped: $1" >&2; exit 77; }

[ $# -ge 1 ] || { sed -n '2,/^set/{s/^# \?//p}' "$0" >&2; exit 2; }
dir=$(mkdir -p "$1" && cd "$1" && pwd) seconds=${2:-600}
shift $(($# > 2 ? 2 : $#))
[ $# -gt 0 ] || set -- fig2dev xls2csv mp3gain
for tool in apt-get afl-fuzz gcc dpkg-source make patch python3 dotnet; do
  command -v $tool > /dev/null || missing "there is no $tool"
done
echo 'int main(void) { return 0; }' | gcc -m32 -static -x c -o "$dir/empty" - 2> /dev/null || missing "gcc -m32 does not work: gcc-multilib"
paging=$here/src/tools/Paging.Cli/bin/Release/net10.0/paging.dll
[ -e "$paging" ] || missing "the command is not built: dotnet build -c Release src/tools/Paging.Cli"
[ -n "${PAGING_UNICORN:-}" ] || PAGING_UNICORN=$("$here/tools/get-unicorn.sh") || missing "there is no processor: tools/get-unicorn.sh"
export PAGING_UNICORN
root=$dir/root
mkdir -p "$root/bin" "$dir"/{sources,seeds,apt/parts,apt/lists/partial,apt/cache/archives/partial}

# The package lists of this machine's own mirror, for i386 and with sources.
: > "$dir/apt/status"
for file in /etc/apt/sources.list.d/*.sources; do
  [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb deb-src/' "$file" > "$dir/apt/parts/$(basename "$file")"
done
{ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true; } | sed -n 's/^deb \(.*\)/deb \1\ndeb-src \1/p' \
  > "$dir/apt/parts/all.list"
apt=(apt-get -qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::lists="$dir/apt/lists"
     -o Dir::State::status="$dir/apt/status" -o Dir::Cache="$dir/apt/cache" -o APT::Sandbox::User=root
     -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$dir/apt/parts")
"${apt[@]}" update > "$dir/apt/log" 2>&1 || true

# Unpacks the source of PACKAGE as it was before PATCH, and with it: $dir/NAME/before, $dir/NAME/after.
unpack() {
  local name=$1 package=$2 patch=$3 line
  rm -rf "${dir:?}/$name"
  mkdir -p "$dir/$name"
  (cd "$dir/sources" && "${apt[@]}" source --download-only "$package" >> "$dir/apt/log" 2>&1) \
    || missing "apt has no source of $package ($dir/apt/log)"
  dpkg-source --no-check --skip-patches -x "$(ls "$dir/sources/$package"_*.dsc | tail -1)" "$dir/$name/before" > /dev/null 2>&1
  grep -qx "$patch" "$dir/$name/before/debian/patches/series" || missing "this release's $package has no patch $patch"
  while read -r line; do
    [ "$line" != "$patch" ] || break
    patch -s -p1 -d "$dir/$name/before" < "$dir/$name/before/debian/patches/$line"
  done < "$dir/$name/before/debian/patches/series"
  cp -a "$dir/$name/before" "$dir/$name/after"
  patch -s -p1 -d "$dir/$name/after" < "$dir/$name/after/debian/patches/$patch"
}

build_fig2dev() {
  ./configure --host=i686-linux-gnu --without-xpm CC="gcc -m32" CFLAGS="-g -O1 -fcommon" LDFLAGS=-static
  make ACLOCAL=: AUTOCONF=: AUTOMAKE=: AUTOHEADER=:
  cp fig2dev/fig2dev "$1"
}

build_xls2csv() {
  ./configure --host=i686-linux-gnu CC="gcc -m32 -static -std=gnu89 -g -O1 -fcommon"
  make -C src xls2csv
  make -C charsets install installroot="$root"
  cp src/xls2csv "$1"
}

build_mp3gain() {
  (cd "$dir/sources" && "${apt[@]}" download libc6 libmpg123-0 libmpg123-dev)
  for library in "$dir"/sources/lib{c6,mpg123}*_i386.deb; do dpkg -x "$library" "$root"; done
  make CC="gcc -m32 -g -O1" CFLAGS="-DHAVE_MEMCPY -I$root/usr/include/i386-linux-gnu" LDFLAGS="-L$root/usr/lib/i386-linux-gnu"
  cp mp3gain "$1"
}

# A valid file for each program.
seed() {
  mkdir -p "$dir/seeds/$1"
  python3 - "$1" "$dir/seeds/$1/seed" << 'SEED'
import struct, sys

def fig2dev():    # a box with round corners and a dashed line
    return (b'#FIG 3.2\nLandscape\nCenter\nMetric\nA4\n100.00\nSingle\n-2\n1200 2\n'
            b'2 4 1 1 0 7 50 -1 -1 4.0 0 0 7 0 0 5\n\t600 0 600 600 0 600 0 0 600 0\n')

def mp3gain():    # four frames of silence, and an APE tag
    items = {'REPLAYGAIN_TRACK_GAIN': '-1.230000 dB', 'REPLAYGAIN_TRACK_PEAK': '0.501230', 'MP3GAIN_MINMAX': '001,153',
             'MP3GAIN_UNDO': '+003,+003,N', 'ARTIST': 'x'}
    tag = b''.join(struct.pack('<II', len(value), 0) + key.encode() + b'\0' + value.encode() for key, value in items.items())
    footer = b'APETAGEX' + struct.pack('<IIII', 2000, len(tag) + 32, len(items), 0) + bytes(8)
    return b'\xff\xf3\x14\xc4'.ljust(24, b'\0') * 4 + tag + footer

def xls2csv():    # a workbook of one sheet with four cells, in a compound file of five sectors
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    record = lambda kind, data: struct.pack('<HH', kind, len(data)) + data
    begin = lambda kind: record(0x809, struct.pack('<HHHHII', 0x600, kind, 0x1FAA, 1997, 0, 6))
    text = struct.pack('<IIHB', 2, 2, 5, 0) + b'hello' + struct.pack('<HB', 3, 1) + 'abc'.encode('utf-16-le')
    book = begin(5) + record(0x42, struct.pack('<H', 1200)) + record(0xE0, bytes(20)) + record(0xFC, text) + record(0x0A, b'')
    book += begin(0x10) + record(0xFD, struct.pack('<HHHI', 0, 0, 0, 0)) + record(0xFD, struct.pack('<HHHI', 0, 1, 0, 1))
    book += record(0x203, struct.pack('<HHHd', 1, 0, 0, 2.5)) + record(0x27E, struct.pack('<HHHI', 1, 1, 0, 0x3FF00000))
    book += record(0x0A, b'')
    small = (len(book) + 63) // 64
    numbers = lambda used: struct.pack('<128I', *used, *[free] * (128 - len(used)))
    def entry(name, kind, child, start, size):
        name = name.encode('utf-16-le') + b'\0\0'
        return name.ljust(64, b'\0') + struct.pack('<HBBIII16xI16xIII', len(name), kind, 1, free, free, child, 0, start, size, 0)
    header = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'.ljust(24, b'\0') \
        + struct.pack('<HHHHH6x9I', 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack('<109I', 0, *[free] * 108)
    return header + numbers([table, end, end, end]) + entry('Root Entry', 5, 1, 3, small * 64) \
        + entry('Workbook', 2, free, 0, len(book)) + bytes(256) + numbers([*range(1, small), end]) + book.ljust(512, b'\0')

open(sys.argv[2], 'wb').write(globals()[sys.argv[1]]())
SEED
}

# Runs PROGRAM on a found input under the checker. True: it has no errors with its memory, and is not killed.
survives() {
  cp "$2" "$root/found"
  timeout 120 dotnet "$paging" run --check memory --root "$root" "$1" "${words[@]}" /found < /dev/null > /dev/null 2> "$dir/output" || true
  grep -aq '^paging check: no memory errors' "$dir/output" && ! grep -aq '^paging run: killed' "$dir/output"
}

# Fuzzes NAME, and reports the first input that PATCH mends.
hunt() {
  local name=$1 package=$2 patch=$3 version tries=0 first='' input='' found='' seen
  declare -A seen=()
  unpack "$name" "$package" "$patch"
  version=$(cd "$dir/$name/before" && dpkg-parsechangelog -S Version)
  for state in before after; do
    target=$root/bin/$name
    [ $state = before ] || target+=.patched
    (cd "$dir/$name/$state" && "build_$name" "$target") > "$dir/$name/$state.log" 2>&1 \
      || missing "$name does not build: $dir/$name/$state.log"
  done
  seed "$name"
  survives "/bin/$name" "$dir/seeds/$name/seed" || missing "$name does not take its seed: $dir/output"
  rm -rf "$root/out-$name"
  AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
    afl-fuzz -i "$dir/seeds/$name" -o "$root/out-$name" -V "$seconds" "${fuzzing[@]}" -- \
    dotnet "$paging" fuzz "${checking[@]}" --root "$root" "/bin/$name" "${words[@]}" @@ > "$dir/$name/afl.log" 2>&1 &
  local fuzzer=$!
  while [ -z "$found" ]; do
    kill -0 $fuzzer 2> /dev/null || tries=$((tries + 1))
    for input in "$root/out-$name"/default/crashes/id:*; do
      [ -e "$input" ] && [ -z "${seen[$input]:-}" ] || continue
      seen[$input]=1 first=${first:-$input}
      if survives "/bin/$name.patched" "$input" && ! survives "/bin/$name" "$input"; then found=$input; break; fi
    done
    [ -n "$found" ] || [ $tries -lt 2 ] || break    # the fuzzer has ended, and what it has left was looked at
    sleep 1
  done
  kill $fuzzer 2> /dev/null || true
  wait $fuzzer 2> /dev/null || true
  local speed
  speed=$(sed -n 's/^execs_per_sec *: //p' "$root/out-$name/default/fuzzer_stats" 2> /dev/null || true)
  echo "$name, $package $version without $patch: ${speed:-?} executions a second"
  if [ -z "$found" ]; then
    echo "  no input found in $seconds s that the patch mends; inputs that crash: ${#seen[@]} (see $dir/$name/afl.log)"
    return 1
  fi

  echo "  first crash after $(seconds_of "$first") s; mended by the patch: after $(seconds_of "$found") s, $(basename "$found")"
  grep -a -m 6 '^paging \(check\|run\)' "$dir/output" | sed 's/^/    /'
  survives "/bin/$name.patched" "$found" && echo "  with the patch: $(grep -a '^paging' "$dir/output" | tail -1)"
}

seconds_of() { sed 's/.*,time:\([0-9]*\),.*/\1/' <<< "$1" | awk '{ printf "%.1f", $1 / 1000 }'; }

status=0
for program in "$@"; do
  words=() fuzzing=() checking=()
  case $program in
    fig2dev) words=(-L pict2e) fuzzing=(-D); hunt fig2dev fig2dev 40_CVE-2025-31164.patch || status=1 ;;
    xls2csv) hunt xls2csv catdoc 0009-Added-guards-against-invalid-sector-sizes-when-tryin.patch || status=1 ;;
    mp3gain) words=(-s c) fuzzing=(-t 5000) checking=(--check memory); hunt mp3gain mp3gain fix-security-bugs.patch || status=1 ;;
    *) missing "$program is not known" ;;
  esac
done
exit $status
