#!/usr/bin/env bash
# Runs i386 programs under a real Linux where the host's kernel starts none: in a machine of its own that QEMU imitates, without KVM, with
# ext4 on its disk.
#   tools/native/machine.sh [-r ROUNDS] [-t SECONDS] [-k KERNEL] JOBS OUT
#     -r      how often each job is run [default: 1]
#     -t      after which a job is killed [default: 240]
#     -k      6.18-cloud-amd64, or a bzImage with NVMe and ext4 built in [default: 6.18-cloud-amd64, fetched once from Debian's mirror]
#     JOBS    a folder with one folder for each job: `program`, `name` (a path: its last part is what the program is called, and it lies
#             there below the job's directory as well) and `arguments` (a shell's `set -- …`)
#     OUT     gets JOB.ROUND.output, .errors and .status for each, and `kernel` with the kernel's name
# Installs nothing. Needs qemu-system-x86_64, mkfs.ext4 and debugfs (e2fsprogs), and busybox for i386 (tools/get-i386.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
rounds=1 seconds=240 kernel=6.18-cloud-amd64
refuse() { echo "machine.sh: $*" >&2; exit 2; }
while getopts r:t:k: option; do
  case $option in
    r) rounds=$OPTARG ;;
    t) seconds=$OPTARG ;;
    k) kernel=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# = 2 ] || refuse "usage: machine.sh [-r ROUNDS] [-t SECONDS] [-k KERNEL] JOBS OUT"
for tool in qemu-system-x86_64 mkfs.ext4 debugfs; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$tool" > /dev/null || refuse "no $tool: apt-get install qemu-system-x86 e2fsprogs"
done
PATH=$PATH:/usr/sbin:/sbin
busybox=$("$here/tools/get-i386.sh")/bin/busybox
[ -f "$kernel" ] || kernel=$("$here/tools/kernels/fetch.sh" "$kernel")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,native,out,proc,runs,sys,tmp}
cp "$busybox" "$root/bin/busybox"
cp -r "$1" "$root/native/jobs"
gcc -m32 -O1 -static -Wall -o "$root/native/start" "$here/tools/native/start.c" ||
  refuse "gcc cannot build for i386: apt-get install gcc-multilib libc6-dev-i386"
cat > "$root/native/run" << 'END'
#!/bin/sh
cd "/runs/$1" || exit
job=$1 name=$(cat "/native/jobs/$1/name")
. "/native/jobs/$job/arguments"
export TMPDIR="/runs/$job/tmp" LC_ALL=C
exec /native/start "/native/programs/$job/${name##*/}" "$@"
END
cat > "$root/native/init" << END
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ip link set lo up
echo 0 > /sys/kernel/mm/lru_gen/enabled    # the recordings' host has the plain lists of reclaim
uname -r > /out/kernel
for round in \$(seq $rounds); do
  for job in \$(ls /native/jobs); do
    name=\$(cat /native/jobs/\$job/name)
    mkdir -p /runs/\$job/tmp \$(dirname /runs/\$job/\$name) /native/programs/\$job
    chmod 700 /runs/\$job /native/programs/\$job    # as temporary directories of the tests
    cp /native/jobs/\$job/program /runs/\$job/\$name
    cp /native/jobs/\$job/program /native/programs/\$job/\${name##*/}
    touch /runs/\$job/.input /runs/\$job/.output /runs/\$job/.errors
    out=/out/\$job.\$round
    ( sleep $seconds; kill -9 -1 ) > /dev/null 2>&1 &
    ( ( : | sh /native/run \$job 2>&4; echo \$? > \$out.status ) 2> /dev/null | cat > \$out.output ) 4>&1 | cat > \$out.errors
    kill -9 -1
    wait
    rm -rf /runs/\$job
  done
done
sync
poweroff -f
END
chmod +x "$root/native/init" "$root"/native/jobs/*/program
mkfs.ext4 -q -d "$root" "$work/disk" 1G
# Without protection keys, as the recordings' processor: with them, memory with PROT_EXEC alone cannot be read (execute_only_pkey).
qemu-system-x86_64 -accel tcg,thread=multi -cpu max,la57=off,pku=off -smp 2 -m 4G -display none -monitor none -no-reboot -nic none \
  -drive "file=$work/disk,if=none,id=disk,format=raw,cache=unsafe" -device nvme,drive=disk,serial=disk -kernel "$kernel" \
  -append "root=/dev/nvme0n1 rw init=/native/init console=ttyS0 loglevel=4 panic=-1 no_timer_check mitigations=off \
transparent_hugepage=madvise" -serial stdio < /dev/null >&2
mkdir -p "$2"
debugfs -R "rdump /out $work" "$work/disk" 2> /dev/null
[ -s "$work/out/kernel" ] || refuse "the machine did not come up: its kernel's words are above"
cp "$work"/out/* "$2"
