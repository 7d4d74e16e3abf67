#!/bin/bash
# Builds the Linux Test Project for i386, with the open POSIX tests in it, and writes the lists that compare-suites.py reads.
#
#   tools/build-ltp.sh REPOSITORY ROOT LISTS [memory]      REPOSITORY: a git directory of linux-test-project/ltp
#
# ROOT comes from  debootstrap --arch=i386 --variant=minbase --include=PACKAGES bookworm ROOT  with the packages gcc, libc6-dev, make,
# autoconf, automake, m4, pkg-config, flex, bison, gawk, bc, attr, acl, libacl1-dev, libcap-dev, libnuma-dev, libaio-dev, e2fsprogs, procps.
# Programs go to ROOT/opt/ltp and ROOT/ltp-src, the folder LISTS gets signals, memory, files and posix. Needs root; an hour on two cores.
# With "memory" only the tests of the list memory are built, in five minutes.
#
#   tools/compare-suites.py --root ROOT --env KCONFIG_SKIP_CHECK=y --env LTPROOT=/opt/ltp --env LTP_COLORIZE_OUTPUT=n \
#     --path /opt/ltp/testcases/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LISTS/memory
set -euo pipefail
repository=$(realpath "$1") root=$(realpath "$2") only=${4:-all}
mkdir -p "$3" "$root/ltp-src"
lists=$(realpath "$3")
git --git-dir "$repository" archive HEAD | tar -x -C "$root/ltp-src"

cat > "$root/ltp-src/build-i386.sh" <<'BUILD'
set -e
cd /ltp-src
make autotools
./configure --prefix=/opt/ltp --without-tirpc
make -j2 lib-all || make -j2 -C lib
syscalls=.
[ "$1" = all ] || syscalls="brk sbrk madvise mincore mlock mlock2 mlockall munlock munlockall mmap mprotect mremap msync munmap
  memfd_create remap_file_pages shmat shmctl shmdt shmget cma userfaultfd membarrier cachestat mallinfo mallinfo2 mallopt memset memcmp
  memcpy getpagesize"
for folder in $syscalls; do    # what does not compile for 32 bits is left out
    make -k -j2 -C testcases/kernel/syscalls/$folder || true
    make -k -C testcases/kernel/syscalls/$folder install || true
done
make -k -j2 -C testcases/kernel/mem || true
make -k -C testcases/kernel/mem install || true
make -C runtest install
[ "$1" = all ] || exit 0
cd testcases/open_posix_testsuite
make -j2 lib-all generate-makefiles
cd conformance/interfaces
for folder in mmap munmap mlock mlockall munlock munlockall mprotect msync shm_* fork sig* raise kill killpg sched_* clock* \
    nanosleep pthread_sigmask pthread_kill time difftime; do
    if [ -f "$folder/Makefile" ]; then make -k -C "$folder" all || true; fi
done
BUILD
nice chroot "$root" /bin/bash /ltp-src/build-i386.sh "$only" > "$lists/build.log" 2>&1

# What needs a subsystem that is not there: docs/GUESTS.md.
absent='accept|acct|add_key|adjtimex|arch_prctl|bind[0-9]|bpf|cacheflush|clock_adjtime|clock_settime|connect|delete_module'
absent+='|dirtyc0w|dirtypipe|f?getxattr|f?listxattr|f?removexattr|f?setxattr|fanotify|fcntl2[3-6]|fcntl3[2389]|file_attr|finit_module'
absent+='|fsconfig|fsmount|fsopen|fspick|get_mempolicy|gethostbyname|getpeername|getsockname|getsockopt|init_module|inotify|io_|ioctl'
absent+='|ioperm|iopl|keyctl|landlock|leapsec|lgetxattr|listen|listmount|llistxattr|lremovexattr|lsetxattr|lsm_|mbind|migrate_pages'
absent+='|modify_ldt|mount|move_mount|move_pages|name_to_handle|nftw|open_by_handle|open_tree|perf_event|pivot|pkey'
absent+='|process_madvise|profil|ptrace|quotactl|reboot|recv|request_key|seccomp|send[0-9]|sendm|sendto|set_mempolicy'
absent+='|set_thread_area|setdomainname|sethostname|setns|setsockopt|settimeofday|shutdown|socket[0-9]|sockioctl|statmount'
absent+='|stime|swapo|sysctl|sysfs|syslog|umount|unshare|vhangup'
signals='alarm|kill|tkill|tgkill|rt_|s[gs]etmask|sig|pause|abort|timer|[gs]etitimer|clock_nanosleep|nanosleep|clock_get|pidfd_send'
signals+='|gettimeofday|time'
memory='brk|sbrk|madvise|mincore|mlock|munlock|mmap|mprotect|mremap|msync|munmap|memfd|remap|shm|process_vm|userfaultfd'
memory+='|membarrier|cachestat|mallinfo|mallopt|memset|memcmp|memcpy|getpagesize|prot_|dirtyc'
machine='ksm|thp|hugemmap|hugefork|hugeshm|migrate|cpuset|numa|oom|swap|min_free|overcommit|max_map|vma05|cgroup|memcg|mtest'

entries() { grep -vE '^#|^$' "$root/opt/ltp/runtest/$1"; }
entries syscalls | grep -vE "^($absent)" > "$lists/all"
grep -E "^($signals)" "$lists/all" > "$lists/signals"
grep -vE "^($signals)" "$lists/all" | grep -E "^($memory)" > "$lists/memory"
grep -vE "^($signals|$memory)" "$lists/all" > "$lists/files"
entries mm | grep -vE "$machine" | awk 'NR == FNR { seen[$1] = 1; next } !seen[$1]' "$lists/memory" - > "$lists/mm"
cat "$lists/mm" >> "$lists/memory"
rm "$lists/all" "$lists/mm"
if [ "$only" != all ]; then
    rm "$lists/signals" "$lists/files"
    wc -l "$lists/memory"
    exit
fi
interfaces=ltp-src/testcases/open_posix_testsuite/conformance/interfaces
cd "$root/$interfaces"
find . -name '*.run-test' | sort | sed "s,^\./\(.*\)\.run-test$,\1 /$interfaces/\1.run-test," > "$lists/posix"
wc -l "$lists"/{signals,memory,files,posix}
