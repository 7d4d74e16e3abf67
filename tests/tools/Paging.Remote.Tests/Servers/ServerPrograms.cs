using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Paging.Remote.Tests;

/// <summary>Finds redis-server and redis-cli, or installs them; a test that needs them skips where that is not possible.</summary>
internal static class ServerPrograms
{
    private static readonly Lazy<string?> Reason = new(Provide);

    /// <summary>Skips the test if there is no server.</summary>
    public static void Require() => Assert.SkipWhen(Reason.Value is not null, Reason.Value ?? "");

    /// <summary>A port of the loopback interface without a listener.</summary>
    public static int FreePort(int portMax = ushort.MaxValue)
    {
        while (true)
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port <= portMax) return port;
        }
    }

    /// <summary>Runs a program to its end, and returns its status and output.</summary>
    public static (int Status, string Output) Run(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private static string? Provide()
    {
        if (!OperatingSystem.IsLinux()) return "redis-server is started by these tests on Linux only";
        if (AreHere) return null;
        if (IsHidden) return "PAGING_NO_REDIS hides redis-server";
        if (Environment.UserName is "root" && File.Exists("/usr/bin/apt-get"))
            Run("/usr/bin/apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server");
        return AreHere ? null : "there is no redis-server, and it could not be installed: apt-get install redis-server";
    }

    /// <summary>True if both are installed, and not hidden by a host that wants to see the tests without them.</summary>
    public static bool AreHere => !IsHidden && File.Exists("/usr/bin/redis-server") && File.Exists("/usr/bin/redis-cli");

    private static bool IsHidden => Environment.GetEnvironmentVariable("PAGING_NO_REDIS") is "1";
}
