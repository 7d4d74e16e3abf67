namespace Paging.Guest.Tests;

/// <summary>As <see cref="CheckpointTests"/>, with shells and their pipes; a class of its own, so that the two run side by side.</summary>
[Trait("Category", "Slow")]
public sealed class CheckpointShellTests
{
    /// <summary>The stops are drawn so that they lie in all of a script: about as many steps as ten of them take.</summary>
    [Theory]
    [InlineData(3, 40, "seq 1 3000 | sort -r | head -3; seq 1 3000 | awk '{ s += $1 * $1 } END { print s, NR }' | cat")]
    [InlineData(3, 22, "x=$(echo a; echo b); echo $x; (exit 3); echo $?; for i in 1 2 3; do echo $i; done | while read n; do echo \"<$n>\";"
        + " done; trap 'echo bye' EXIT; kill -TERM $$ & wait $!; echo end")]
    [InlineData(5, 160, "sleep 100 & p=$!; kill -9 $p; wait $p; echo $?; ( sleep 1; echo late ) & wait; dd if=/dev/zero bs=1k count=300 "
        + "2>/dev/null | wc -c; exec sh -c 'exit 9'")]
    [InlineData(2, 120, "head -c 300000 bin/busybox >tmp/b; sha256sum tmp/b; gzip -c tmp/b | gunzip | sha256sum; gzip -c tmp/b | wc -c")]
    public void AShellGoesOnInTheMiddleOfAPipe(int runCount, int stepsMax, string script) =>
        StoppedRun.AssertGoesOn(runCount, stopCount: 10, stepsMax, BusyboxTests.Find("bin/busybox"), "bin/busybox", "sh", "-c", script);

    [Fact]
    public void BashKeepsItsVariablesAndItsBackgroundJobs() =>
        StoppedRun.AssertGoesOn(runCount: 5, stopCount: 8, 700, BusyboxTests.Find("bin/bash-static"), "bin/bash", "-c",
            "declare -A m; for i in {1..40}; do m[k$i]=$((i * i)); done; (for i in {1..200}; do :; done; echo job one) & "
                + "x=$( (echo deep; read -t 0.02 y < /dev/zero) | cat ); wait; echo $x ${m[k7]} ${#m[@]}; "
                + "f() { local v=$1; ((v > 0)) && f $((v - 1)) || echo bottom; }; f 30; printf '%s\\n' {a..e} | while read l; do "
                + "echo \"[$l]\"; done; exit 5");

    [Fact]
    public void ALargeSortGoesOn() =>
        StoppedRun.AssertGoesOn(runCount: 1, stopCount: 10, 800, BusyboxTests.Find("bin/busybox"), "bin/busybox", "sh", "-c",
            "seq 1 4000 | awk '{ print ($1 * 7919) % 60013, $1 }' > tmp/big; sort -n tmp/big | sha256sum; sort -r tmp/big | tail -2");
}
