using Paging.Cli.Doctor;

namespace Paging.Traces.Tests;

/// <summary><c>paging doctor</c>: one line for each part that is there, and one command for each that is missing.</summary>
public sealed class DoctorTests
{
    private static readonly HostTool There = new(
        "gcc -m32", "guest programs in C", "apt-get install gcc-multilib", static () => new(true, "/usr/bin/gcc"));

    private static readonly HostTool Gone = new(
        "gdb", "tests of paging run --gdb", "apt-get install gdb", static () => new(false, "not found"));

    [Fact]
    public void AMissingPartComesWithOneCommand()
    {
        using StringWriter output = new();
        Assert.Equal(1, DoctorCommand.Report([There, Gone], output));
        Assert.Equal(
            "yes  gcc -m32               /usr/bin/gcc\n"
            + "no   gdb                    not found\n"
            + "     for: tests of paging run --gdb\n"
            + "     get it: apt-get install gdb\n"
            + "1 of 2 missing; all else works without.\n", output.ToString());
    }

    /// <summary>A compiler's complaint begins with a place; the cause comes in a later line.</summary>
    [Fact]
    public void EachLineOfACompilersComplaintIsShown()
    {
        HostTool compiler = new("gcc -m32", "guest programs in C", "apt-get install gcc-multilib",
            static () => new(false, "it cannot build:\nIn file included from <stdin>:1:\nfatal error: bits/libc-header-start.h"));
        using StringWriter output = new();
        Assert.Equal(1, DoctorCommand.Report([compiler], output));
        Assert.StartsWith(
            "no   gcc -m32               it cannot build:\n"
            + "     In file included from <stdin>:1:\n"
            + "     fatal error: bits/libc-header-start.h\n"
            + "     for: ", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WithEverythingItIsContent()
    {
        using StringWriter output = new();
        Assert.Equal(0, DoctorCommand.Report([There], output));
        Assert.EndsWith("Everything is there.\n", output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>On any host each tool is looked for without an exception, and has its command.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void ThisHostIsLookedAt()
    {
        using StringWriter output = new();
        int code = DoctorCommand.Report(HostTools.All, output);
        Assert.InRange(code, 0, 1);
        Assert.All(HostTools.All, tool =>
        {
            Assert.Contains($"  {tool.Name} ", output.ToString(), StringComparison.Ordinal);
            Assert.NotEmpty(tool.Command);
            Assert.DoesNotContain('\n', tool.Command);
        });
    }
}
