#!/bin/bash
# Builds the kernel's own memory tests (tools/testing/selftests) for i386, and writes the list that compare-suites.py reads.
#
#   tools/build-selftests.sh ARCHIVE ROOT > LIST          ARCHIVE: linux-source-*.tar.xz of Debian's package linux-source
#
# ROOT comes from  debootstrap --arch=i386 --variant=minbase --include=gcc,libc6-dev,make,libcap-dev,libnuma-dev bookworm ROOT.
# Sources and programs go to ROOT/selftests; what does not compile is named on stderr. Needs make, xz, bison and flex here, and root.
set -euo pipefail
archive=$(realpath "$1") root=$(realpath "$2")
here=$root/selftests
rm -rf "$here"
mkdir -p "$here/bin"
tar -xJf "$archive" -C "$here" --strip-components=1
make -s -C "$here" ARCH=i386 headers >&2
make -s -C "$here" kernelversion > "$here/version"
# Only headers and tests are needed.
find "$here" -mindepth 1 -maxdepth 1 ! -name tools ! -name usr ! -name bin ! -name mm ! -name include ! -name version -exec rm -rf {} +

cat > "$here/build.sh" <<'SH'
cd /selftests/tools/testing/selftests
(cd mm && sh ./check_config.sh gcc)
# Pages of devices, poison and hugetlbfs of 64-bit kernels; what is only useful to a shell script; timing without a verdict.
others='khugepaged|hmm-tests|hugetlb-read-hwpoison|hugetlb-soft-offline|hugepage-vmemmap|va_high.*|virtual_address_range'
others+='|write_to_hugetlbfs|gup_test'
others+='|pkey_.*|protection_keys|seal_elf|thp_settings|vm_util|uffd-common|map_populate|transhuge-stress|.*_32|.*_64'
build() { # NAME FILE...
    local name=$1; shift
    gcc -O2 -w -U_FORTIFY_SOURCE -D_GNU_SOURCE= -I. -I/selftests/tools/testing/selftests -I/selftests \
        -isystem /selftests/usr/include -isystem /selftests/tools/include/uapi "$@" \
        -o /selftests/bin/$name -lrt -lpthread -lcap -lnuma -lm 2> /tmp/$name.log ||
        echo "$name: $(grep -m1 -E 'error|undefined' /tmp/$name.log)" >&2
}
cd mm
for source in *.c; do
    name=${source%.c} more=
    [[ $name =~ ^($others)$ ]] && continue
    case $name in uffd-*) more=uffd-common.c ;; esac
    build $name $source $more vm_util.c thp_settings.c
done
cd ../proc
for source in proc-uptime-00?.c proc-empty-vm.c proc-pid-vm.c proc-self-map-files-00?.c proc-self-syscall.c proc-tid0.c; do
    build ${source%.c} $source
done
cd ../cachestat && build test_cachestat test_cachestat.c
cd ../memfd && build memfd_test memfd_test.c common.c
SH
nice chroot "$root" /bin/bash /selftests/build.sh >&2

# Programs with arguments run as run_vmtests.sh runs them. Those that never end, and those that need a pool, are left to it.
for program in "$here"/bin/*; do
    name=${program##*/}
    case $name in
        uffd-stress)
            for memory in anon shmem shmem-private; do echo "$name:$memory /selftests/bin/$name $memory 20 16"; done ;;
        ksm_tests)
            for test in M Z N U C; do echo "$name:$test /selftests/bin/$name -$test"; done ;;
        gup_longterm | migration | compaction_test | hugetlb_* | hugepage-* | thuge-gen | map_hugetlb | split_huge_page_test) ;;
        on-fault-limit) echo "$name su nobody -s /selftests/bin/$name" ;;
        *) echo "$name /selftests/bin/$name" ;;
    esac
done
