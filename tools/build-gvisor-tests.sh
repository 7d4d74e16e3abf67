#!/bin/bash
# Builds gVisor's system-call tests for i386, without bazel, and writes the list that compare-suites.py reads.
#
#   tools/build-gvisor-tests.sh REPOSITORY ROOT > LIST          REPOSITORY: a git directory of google/gvisor
#
# ROOT comes from  debootstrap --arch=i386 --variant=minbase --include=PACKAGES bookworm ROOT  with the packages g++, libgtest-dev,
# libgmock-dev, libabsl-dev, libbenchmark-dev, libcap-dev, procps (and stress-ng, for that suite).
# Sources and programs go to ROOT/gvisor; what does not compile is named on stderr. Needs root; ten minutes on two cores.
set -euo pipefail
repository=$(realpath "$1") root=$(realpath "$2")
here=$root/gvisor
mkdir -p "$here/bin"
git --git-dir "$repository" rev-parse --short HEAD > "$here/version"
git --git-dir "$repository" archive --prefix=test/ HEAD:test syscalls/linux util | tar -x -C "$here"
cd "$here"

# Debian's abseil has string_views of its own. The files say "Unknown architecture" for what is neither x86-64 nor arm64.
find test -name '*.cc' -o -name '*.h' | xargs sed -i \
  -e 's/std::string_view/absl::string_view/g' -e 's/^#include <string_view>/#include "absl\/strings\/string_view.h"/' \
  -e 's/^#error "Unknown architecture"//' -e 's/\(MutexLock [a-z]*\)(\([a-z]\)/\1(\&\2/' \
  -e 's/\<mu\.lock()/mu.Lock()/' -e 's/\<mu\.unlock()/mu.Unlock()/'
(cd test && sed -i -e 's/__x86_64__/__i386__/' -e 's/movabs/mov/; s/%%rax/%%eax/g; s/REG_RIP\] += 3/REG_EIP] += 2/' \
    util/{signal_util,test_util}.h syscalls/linux/{bad,getdents}.cc)
sed -i 's/^#if defined(__x86_64__) || defined(__riscv)/#if defined(__i386__)/' test/util/fs_util.h
sed -i 's/syscall(SYS_mmap, /mmap(/' test/util/memory_util.h    # i386's SYS_mmap takes its words from memory

# Instead of bazel's folders of data and of benchmarks, which the tests do not need. Some execute themselves with flags.
cat > test/util/test_util_impl.cc <<'CC'
#include <signal.h>
#include "absl/flags/parse.h"
#include "gtest/gtest.h"
#include "test/util/test_util.h"
namespace gvisor { namespace testing {
std::string RunfilePath(std::string path) { return "/gvisor/bin/" + path.substr(path.find_last_of('/') + 1); }
void SetupGvisorDeathTest() {}
void TestInit(int* argc, char*** argv) {
  ::testing::InitGoogleTest(argc, *argv);
  absl::ParseCommandLine(*argc, *argv);
  signal(SIGPIPE, SIG_IGN);
}
int RunAllTests() { return RUN_ALL_TESTS(); }
}}
CC
rm -f test/util/{test_util_runfiles,fuse_util,io_uring_util,fuchsia_capability_util,save_util_other}.cc test/util/*_test.cc

cat > build.sh <<'SH'
cd /gvisor
flags="-std=c++17 -O1 -w -I. -D_FILE_OFFSET_BITS=64 -include sys/syscall.h"
libraries="-lgtest -lgmock $(basename -as .so /usr/lib/i386-linux-gnu/libabsl_*.so | sed 's/^lib/-l/' | tr '\n' ' ') -lbenchmark -lrt"
nets='socket|ip6?_?tables|ip_|packet|raw_|tcp|udp|tuntap|network|ping|proc_net|accept_bind|bind|connect|unix_|readv_s|sendfile_s|pipe_ext'
others='base_poll|aio|cgroup|fuse|host_pty|inotify|io_uring|arch_prctl|kcov|keys|landlock|mempolicy|mount|pivot|posix_acl|ptrace'
others+='|seccomp|setns|unshare|xattr|.*(arm|amd)64'
export flags libraries
util() { g++ $flags -c $1 -o ${1%.cc}.o 2> $1.log || echo "$1: $(grep -m1 error $1.log)" >&2; }
program() {
    name=$(basename $1 .cc) more=
    main=test/util/test_main.o
    case $name in *_util) return ;; *_workload|sigaltstack_check|priority_execve) main= ;; esac
    case $name in
        poll|ppoll|select|pselect) more=test/syscalls/linux/base_poll_test.cc ;;
        readv) more=test/syscalls/linux/readv_common.cc ;;
        ioctl) more=test/syscalls/linux/unix_domain_socket_test_util.cc ;;
    esac
    grep -q 'int main(' $1 && main=
    g++ $flags $1 $more $main libutil.a -Wl,--as-needed $libraries -o bin/$name 2> $1.log ||
        echo "$1: $(grep -m1 -E 'error|undefined' $1.log)" >&2
}
export -f util program
ls test/util/*.cc | xargs -P 2 -n 1 bash -c 'util $0'
ar rcs libutil.a $(ls test/util/*.o | grep -v test_main)
ls test/syscalls/linux/*.cc | grep -E "${ONLY:-.}" | grep -vE "/($nets|$others)" | xargs -P 2 -n 1 bash -c 'program $0'
SH
nice chroot "$root" /bin/bash /gvisor/build.sh

# One line for each test: a crash ends no other. "Suite.", "  Case  # parameter" is what a program lists.
for program in bin/*; do
    grep -q InitGoogleTest "$program" && [[ $program != *_workload ]] || continue
    { unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" "/gvisor/$program" --gtest_list_tests 2> /dev/null || true; } |
        awk -v program="$program" '
        /^[^ ].*\./ { suite = $1 }
        /^  /       { print substr(program, 5) ":" suite $1, "/gvisor/" program, "--gtest_filter=" suite $1 }'
done
