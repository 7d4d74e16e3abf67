namespace Paging.Guest.Tests;

/// <summary>Programs from outside the project: busybox and bash for i386, as the distribution ships them.</summary>
/// <remarks>
/// Found below PAGING_I386 or in artifacts/i386 of the repository, which tools/get-i386.sh fills; skipped where they are not.
/// </remarks>
[Trait("Category", "Slow")]
[Trait("Compares", "Native")]
public sealed class BusyboxTests
{
    private const string Busybox = "bin/busybox";

    private static readonly string Folder = Environment.GetEnvironmentVariable("PAGING_I386")
        ?? Path.Combine(BuiltPrograms.RepositoryRoot(), "artifacts", "i386");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("head -c 300000 bin/busybox >tmp/b; sha256sum tmp/b; gzip -c tmp/b | gunzip | sha256sum; gzip -c tmp/b | wc -c")]
    [InlineData("seq 1 3000 | sort -r | head -3; seq 1 3000 | awk '{ s += $1 * $1 } END { print s, NR }'; echo one two | sed 's/o/0/g' | "
        + "tr a-z A-Z")]
    [InlineData("cd tmp; mkdir -p a/b; echo x > a/b/c; ln -s a/b/c l; cat l; find . | sort; mv a d; ls -l d/b | wc -l; rm -r d l; ls; "
        + "exit 7")]
    [InlineData("x=$(echo a; echo b); echo $x; (exit 3); echo $?; for i in 1 2 3; do echo $i; done | while read n; do echo \"<$n>\"; "
        + "done; trap 'echo bye' EXIT; kill -TERM $$ & wait $!; echo end")]
    [InlineData("sleep 100 & p=$!; kill -9 $p; wait $p; echo $?; ( sleep 1; echo late ) & wait; dd if=/dev/zero bs=1k count=300 "
        + "2>/dev/null | wc -c; exec sh -c 'exit 9'")]
    public void AScriptEndsAsItDoesOnTheHost(string script)
    {
        using GuestRun run = new();
        run.AssertSame(Find(Busybox), Busybox, "sh", "-c", script);
    }

    [Theory]
    [InlineData("bin/bash-static")]
    [InlineData("usr/lib/diet/bin/mksh")]
    [InlineData("usr/lib/i386-linux-musl/bin/mksh")]
    [InlineData("usr/lib/klibc/bin/mksh")]
    public void AShellOfAnotherLibraryDoesTheSame(string shell)
    {
        const string script =
            "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); done; echo $i; f() { echo \"$1\" | ( read x; echo \"[$x]\" ); }; f hi; a=$(f "
                + "there); echo $a; echo ${a#*t}; false || echo no; exit 6";
        using GuestRun run = new();
        run.AssertSame(Find(shell), shell, "-c", script);
    }

    [Theory]
    [InlineData("cat ../../../../etc/hosts")]
    [InlineData("ln -s /etc/hosts tmp/l; cat tmp/l")]
    [InlineData("ln -s ../../../../../../../../etc tmp/e; cat tmp/e/hosts")]
    [InlineData("cd tmp; cd ../../..; cat etc/hosts")]
    [InlineData("cat /proc/self/root/etc/hosts")]
    public void NothingOutsideTheRootCanBeReached(string script)
    {
        using GuestRun run = new();
        Outcome guest = run.AsGuest(run.Install(Find(Busybox), Busybox), "sh", "-c", script);
        Assert.Equal("", guest.Output);
        Assert.Equal(1, guest.Status);
        Assert.Contains("No such file", guest.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void FourMebibytesAndSwapAreEnough()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 4 << 20 }, SwapBytes = 64 << 20 };
        run.AssertSame(Find(Busybox), Busybox, "sh", "-c", "seq 1 20000 | sort -r | sha256sum; gzip -c bin/busybox | gunzip | sha256sum");
    }

    internal static string Find(string name)
    {
        string file = Path.Combine(Folder, name);
        if (!File.Exists(file))
            Assert.Skip($"There is no {name} for i386 in \"{Folder}\": tools/get-i386.sh fetches it, or set PAGING_I386 to a folder that "
                + $"has it.");
        return file;
    }
}
