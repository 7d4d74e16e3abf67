#!/usr/bin/env bash
# Eight i386 programs of Debian's, /bin/true and the start of python, each as a guest of `paging run` and under qemu-i386, in turn: the
# processor time of both, and how they compare. Installs nothing; needs apt-get, qemu-i386 (Debian's qemu-user) and a built `paging`.
#   tools/compare-qemu.sh [-n ROUNDS] [-d DIR] [-o "OPTIONS"] [PROGRAM...]
#     -n    rounds; the best of them counts [default: 3]
#     -d    where programs and inputs are kept [default: artifacts/compare of this repository]
#     -o    options for `paging run`, for instance "--seed 1"
#   PAGING   the command [default: src/tools/Paging.Cli/bin/Release/net10.0/paging]
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
rounds=3 dir=$here/artifacts/compare options=()
while getopts n:d:o: option; do
  case $option in
    n) rounds=$OPTARG ;;
    d) dir=$OPTARG ;;
    o) read -ra options <<< "$OPTARG" ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
programs=("$@")
[ ${#programs[@]} -gt 0 ] || programs=(python lua perl gawk sqlite xz sha512 cc1plus true pass)
paging=${PAGING:-$here/src/tools/Paging.Cli/bin/Release/net10.0/paging}
command -v qemu-i386 > /dev/null || { echo "compare-qemu.sh: no qemu-i386: apt-get install qemu-user" >&2; exit 1; }
[ -x "$paging" ] || { echo "compare-qemu.sh: no $paging: dotnet build -c Release src/tools/Paging.Cli" >&2; exit 1; }
root=$dir/root

get_programs() {
  local work
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$root"
  : > "$work/status"
  local apt=(-o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status"
    -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" update -qq >&2 || true
  (cd "$work" && apt-get "${apt[@]}" download -qq busybox-static python3.11-minimal libpython3.11-minimal libpython3.11-stdlib lua5.4 \
    perl-base gawk sqlite3 xz-utils g++-12 libc6 zlib1g libexpat1 libcrypt1 liblzma5 libgmp10 libmpfr6 libmpc3 libisl23 libzstd1 \
    libreadline8 libtinfo6 libsigsegv2 libsqlite3-0 libgcc-s1 libstdc++6 >&2)
  for package in "$work"/*.deb; do dpkg -x "$package" "$root"; done
  rm -rf "$work"
}

make_inputs() {
  mkdir -p "$root/b" "$root/tmp"
  cat > "$root/b/mix.py" << 'END'
class A:
    def __init__(self, x): self.x = x
    def f(self, y): return self.x * y + 1
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
d = {}
for i in range(300000): d[str(i)] = A(i).f(i & 7)
print(sum(d.values()), fib(24), len(sorted(d, key=lambda k: d[k])))
print("".join(sorted("%d" % (i * 7919 % 10007) for i in range(40000)))[:40])
END
  cat > "$root/b/mix.lua" << 'END'
local t, s, parts = {}, 0, {}
for i = 1, 300000 do t[i] = (i * 7919) % 10007 end
table.sort(t)
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
for i = 1, #t do s = s + t[i] end
for i = 1, 60000 do parts[#parts + 1] = string.format("%d:%x", i, i) end
print(s, fib(24), #table.concat(parts, ","))
END
  cat > "$root/b/mix.pl" << 'END'
my (%h, $t, $c);
for my $i (1 .. 500000) { $h{"key" . ($i * 7919 % 10007)} += $i }
for my $k (sort keys %h) { $t += $h{$k}; $t -= $1 if $k =~ /^key(\d+)5$/ }
my $s = join(",", map { $_ * 3 } 1 .. 250000);
$c++ while $s =~ /(\d)\1/g;
print "$t $c\n";
END
  cat > "$root/b/mix.awk" << 'END'
BEGIN {
  for (i = 0; i < 150000; i++) {
    a["k" (i * 7919 % 10007)] += i
    s = s substr("abcdefgh", i % 8 + 1, 1)
    if (length(s) > 60) { n += gsub(/c[d-f]+/, "x", s); s = "" }
  }
  for (k in a) t += a[k]
  print t, n
}
END
  cat > "$root/b/mix.sql" << 'END'
create table t(a integer primary key, b integer, c text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
insert into t select i, i * 7919 % 10007, 'text' || i from n;
create index x on t(b);
select count(*), sum(length(c)) from t where b between 100 and 5000;
select b % 10, count(*), max(c) from t group by b % 10 order by 1;
select count(*) from t a join t b on a.b = b.a where a.a < 40000;
END
  cat > "$root/b/mix.cc" << 'END'
template<int N> struct F { int a[N % 17 + 1]; template<class T> T m(T x); };
template<int N> template<class T> T F<N>::m(T x) { T s = 0; for (int i = 0; i <= N % 17; i++) s += a[i] * x; return s; }
template<int N> double run(double x) { F<N> f; for (auto& e : f.a) e = (int)(x + N); return f.m(x) + f.m((int)x) + run<N - 1>(x + 1); }
template<> double run<0>(double x) { return x; }
int main() { return (int)run<60>(1.0); }
END
  head -c 2500000 "$root/usr/bin/python3.11" > "$root/b/data"
  for _ in {1..18}; do cat "$root/b/data"; done > "$root/b/more"
}

words_of() {
  case $1 in
    python) echo "/usr/bin/python3.11 -S -E /b/mix.py" ;;
    lua) echo "/usr/bin/lua5.4 /b/mix.lua" ;;
    perl) echo "/usr/bin/perl /b/mix.pl" ;;
    gawk) echo "/usr/bin/gawk -f /b/mix.awk" ;;
    sqlite) echo "/usr/bin/sqlite3 -init /b/mix.sql :memory: .exit" ;;
    xz) echo "/usr/bin/xz -2 -T1 -c /b/data" ;;
    sha512) echo "/bin/busybox sha512sum /b/more" ;;
    cc1plus) echo "/usr/lib/gcc/i686-linux-gnu/12/cc1plus -quiet -O1 /b/mix.cc -o /tmp/mix.s" ;;
    true) echo "/bin/busybox true" ;;
    pass) echo "/usr/bin/python3.11 -c pass" ;;
    *) echo "compare-qemu.sh: $1: not one of the programs" >&2; exit 2 ;;
  esac
}

# In a mount namespace of its own, so that both see the same files by the same names.
under_qemu() { unshare --mount --root="$root" /qemu-i386 "$@"; }

milliseconds_of() {    # of processor time; what the program writes goes to a file
  local before after TIMEFORMAT='%U %S %R'
  { time "${@:2}" > "$1" 2> /dev/null < /dev/null; } 2> "$dir/time"
  read -r before after _ < "$dir/time"
  awk -v u="$before" -v s="$after" 'BEGIN { printf "%d", (u + s) * 1000 }'
}

mkdir -p "$dir"
[ -e "$root/usr/bin/gawk" ] || get_programs
make_inputs
prepare_qemu() {    # qemu-i386 and what it is linked with, so that it runs below the root
  local file
  cp "$(command -v qemu-i386)" "$root/qemu-i386"
  for file in $(ldd "$root/qemu-i386" | grep -o '/[^ ]*'); do mkdir -p "$root$(dirname "$file")" && cp -Ln "$file" "$root$file"; done
}
prepare_qemu

printf '%-10s %10s %10s %8s\n' program qemu-i386 paging ratio
for program in "${programs[@]}"; do
  read -ra words <<< "$(words_of "$program")"
  best_qemu=0 best_paging=0
  for ((round = 0; round < rounds; round++)); do
    qemu=$(milliseconds_of "$dir/by-qemu" under_qemu "${words[@]}")
    guest=$(milliseconds_of "$dir/by-paging" "$paging" run --root "$root" --cwd / "${options[@]}" "${words[@]}")
    cmp -s "$dir/by-qemu" "$dir/by-paging" || { echo "compare-qemu.sh: $program: the outputs differ" >&2; exit 1; }
    if ((best_qemu == 0 || qemu < best_qemu)); then best_qemu=$qemu; fi
    if ((best_paging == 0 || guest < best_paging)); then best_paging=$guest; fi
  done
  awk -v p="$program" -v q="$best_qemu" -v g="$best_paging" 'BEGIN { printf "%-10s %7d ms %7d ms %8.2f\n", p, q, g, g / (q ? q : 1) }'
done
