using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Paging.Cli;

namespace Paging.Pictures.Tests;

/// <summary>The options of <c>paging view</c>, from a user's side.</summary>
public sealed class ViewCommandTests : IDisposable
{
    private const string FirstPrivileged = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-view-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>As <c>paging run</c> does.</summary>
    [Fact]
    public void RamIsRoundedDownToPages()
    {
        string trace = Path.Combine(_directory, "trace"), script = Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn");
        File.WriteAllText(trace, "l 0x1000 1\n");
        foreach (string[] run in (string[][])[["--trace", trace], [script]])
        {
            string[] words = ["view", .. run, "--ram", "1048577", "--out", Path.Combine(_directory, "page.html")];
            using StringWriter output = new(), errors = new();
            int code = CommandLine.Run(words, output, errors, static _ => throw new NotSupportedException());
            Assert.Equal((0, ""), (code, errors.ToString()));
        }
    }

    [Fact]
    public void APortThatIsTakenIsRefusedInALine()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        using StringWriter output = new(), errors = new();
        string[] words = ["view", "--live", "--port", $"{port}"];
        int code = CommandLine.Run(words, output, errors, static _ => throw new NotSupportedException());
        Assert.Equal((2, ""), (code, output.ToString()));
        Assert.StartsWith($"paging view: port {port} cannot be used: ", errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, errors.ToString().Count('\n'));
    }

    /// <summary>Kestrel wraps only the error of a port in use.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void APortThatNeedsPrivilegesIsRefusedInALine()
    {
        Assert.SkipUnless(File.Exists(FirstPrivileged) && File.Exists("/usr/bin/setpriv"),
            "There is no setpriv(1) here: apt-get install util-linux");
        int port = int.Parse(File.ReadAllText(FirstPrivileged), CultureInfo.InvariantCulture) - 1;
        Assert.SkipUnless(port > 0, "every user may use every port here");
        string[] nobody = Environment.IsPrivilegedProcess ? ["--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
        string[] view = ["dotnet", typeof(CommandLine).Assembly.Location, "view", "--trace", "-", "--port", $"{port}"];
        ProcessStartInfo start = new("/usr/bin/setpriv", [.. nobody, "--no-new-privs", .. view])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write("l 0x1000 1\n");
        process.StandardInput.Close();
        Assert.Equal($"paging view: port {port} cannot be used: Permission denied\n", process.StandardError.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
    }
}
