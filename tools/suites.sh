#!/bin/bash
# Builds memory tests of others for i386, runs each natively and as a guest, and writes the table of docs/GUESTS.md, in one command:
#
#   tools/suites.sh FOLDER [kernel=ARCHIVE] [ltp=REPOSITORY] [gvisor=REPOSITORY] [criu=REPOSITORY] [rr=REPOSITORY]
#
# ARCHIVE is linux-source-*.tar.xz of Debian's package linux-source (by default apt-get downloads it), a REPOSITORY a git directory of
# linux-test-project/ltp, google/gvisor, checkpoint-restore/criu or rr-debugger/rr; a suite without its source is left out. FOLDER keeps
# what is built: the second time takes only the runs. PAGING names the command, by default the built one. Needs root, debootstrap,
# gcc-multilib, make, xz, bison and flex; the first time takes half an hour on two cores.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(realpath -m "$1")
shift
kernel= ltp= gvisor= criu= rr=
for word; do
    case $word in
        kernel=* | ltp=* | gvisor=* | criu=* | rr=*) declare "${word%%=*}=$(realpath "${word#*=}")" ;;
        *) echo "tools/suites.sh: unknown: $word" >&2; exit 2 ;;
    esac
done
root=$folder/root lists=$folder/lists
mkdir -p "$lists"

if [ ! -x "$root/bin/bash" ]; then
    packages=gcc,g++,libc6-dev,make,autoconf,automake,m4,pkg-config,flex,bison,gawk,bc,attr,acl,libacl1-dev,libcap-dev,libnuma-dev
    packages+=,libaio-dev,e2fsprogs,procps,libgtest-dev,libgmock-dev,libabsl-dev,libbenchmark-dev
    debootstrap --arch=i386 --variant=minbase --include=$packages bookworm "$root" > "$folder/root.log"
fi
if [ -z "$kernel" ] && [ ! -s "$lists/selftests" ]; then
    (cd "$folder" && apt-get download "$(apt-cache search --names-only '^linux-source-[0-9.]+$' | sort -V | tail -n 1 | cut -d' ' -f1)")
    dpkg-deb -x "$folder"/linux-source-*.deb "$folder/package"
    kernel=$(ls "$folder"/package/usr/src/linux-source-*.tar.xz)
fi
[ -s "$lists/selftests" ] || "$here/tools/build-selftests.sh" "$kernel" "$root" > "$lists/selftests"
[ -s "$lists/memory" ] || [ -z "$ltp" ] || "$here/tools/build-ltp.sh" "$ltp" "$root" "$lists" memory
tests='mmap|mremap|munmap|mlock|madvise|msync|mincore|fork|vfork|brk|shm|memfd'
[ -s "$lists/gvisor" ] || [ -z "$gvisor" ] || ONLY="/($tests)\\.cc" "$here/tools/build-gvisor-tests.sh" "$gvisor" "$root" > "$lists/gvisor"
[ -s "$lists/zdtm" ] || [ -z "$criu" ] || "$here/tools/build-zdtm.sh" "$criu" "$root" > "$lists/zdtm"
[ -s "$lists/rr" ] || [ -z "$rr" ] || "$here/tools/build-rr-tests.sh" "$rr" "$root" > "$lists/rr"

compare() { # compare NAME CELLS OPTION… LIST: exit code 1 is a difference, which the row shows
    local name=$1 cells=$2; shift 2
    "$here/tools/compare-suites.py" --root "$root" --limit 120 --keep "$folder/$name" --row "$cells" "$@" \
        > "$folder/$name.log" || [ $? = 1 ]
    tail -n 1 "$folder/$name.log"
}
table() {
    echo "| suite | version | tried | pass natively | as guests | agree |"
    echo "|---|---|--:|--:|--:|--:|"
    compare selftests "the kernel's selftests: mm, memfd, cachestat, proc | $(cat "$root/selftests/version")" \
        --cases kselftest "$lists/selftests"
    [ ! -s "$lists/memory" ] || compare memory "LTP, memory (\`runtest/syscalls\`, \`runtest/mm\`) | $(cat "$root/ltp-src/VERSION")" \
        --env KCONFIG_SKIP_CHECK=y --env LTPROOT=/opt/ltp --env LTP_COLORIZE_OUTPUT=n \
        --path /opt/ltp/testcases/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$lists/memory"
    [ ! -s "$lists/gvisor" ] || compare gvisor \
        "gVisor's system-call tests of memory and fork | $(cat "$root/gvisor/version")" "$lists/gvisor"
    [ ! -s "$lists/zdtm" ] || compare zdtm "CRIU's zdtm, each guest saved and resumed in the middle | $(cat "$root/zdtm/version")" \
        --saved 3 "$lists/zdtm"
    [ ! -s "$lists/rr" ] || compare rr "the test programs of rr | $(cat "$root/rr/version")" "$lists/rr"
}
{
    echo "Commit $(git -C "$here" rev-parse --short HEAD), Linux $(uname -r | cut -d- -f1), $(date -u +%F):"
    echo
    table
} > "$folder/table.md"
cat "$folder/table.md"
# The table stands between two comments.
awk -v table="$folder/table.md" '
    /<!-- suites: end -->/ { inside = 0 }
    !inside                { print }
    /<!-- suites: begin -->/ { inside = 1; while ((getline line < table) > 0) print line }' "$here/docs/GUESTS.md" > "$folder/GUESTS.md"
cp "$folder/GUESTS.md" "$here/docs/GUESTS.md"
