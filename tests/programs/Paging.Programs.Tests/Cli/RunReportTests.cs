using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Paging.Cli;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary><c>paging run --report</c>: one self-contained page, with the pictures of a run.</summary>
public sealed class RunReportTests
{
    [Trait("Category", "Medium")]
    [Fact]
    public void APageReportsMemoryFaultsAndCalls()
    {
        RequiredProcessor.Check();
        string path = Path.Combine(Path.GetTempPath(), $"run-{Environment.ProcessId}.html");
        try
        {
            using StringWriter output = new(), errors = new();
            int code = CommandLine.Run(
                ["run", "--report", path, Images.PathOf("gonzo")], output, errors, static _ => throw new InvalidOperationException());
            Assert.Equal((0, ""), (code, errors.ToString()));
            string page = File.ReadAllText(path);
            Assert.All(["Memory of the first process", "Page faults", "Counters and system calls"], heading =>
                Assert.Contains($"<h2>{heading}</h2>", page, StringComparison.Ordinal));
            Assert.Contains(">exit<", page, StringComparison.Ordinal);
            Assert.Contains("gonzo", page, StringComparison.Ordinal);
            Assert.Contains("[stack]", page, StringComparison.Ordinal);
            Assert.DoesNotContain("=\"http", page, StringComparison.Ordinal);    // nothing is loaded from elsewhere
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A place that cannot be written is refused before the program runs.</summary>
    [Fact]
    public void AReportThatCannotBeWrittenIsRefusedFirst()
    {
        RequiredProcessor.Check();
        using TcpListener taken = new(IPAddress.Loopback, 0);    // --gdb with its port is refused, as soon as it is opened
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        Assert.All<string[]>([[], ["--gdb", port]], static options =>
        {
            using StringWriter output = new(), errors = new();
            int code = CommandLine.Run(["run", "--report", "/no/where.html", .. options, Images.PathOf("gonzo")], output, errors,
                static _ => throw new InvalidOperationException());
            Assert.Equal((2, "paging run: --report /no/where.html: cannot be written: no such file or directory\n", ""),
                (code, errors.ToString(), output.ToString()));
        });
    }
}
