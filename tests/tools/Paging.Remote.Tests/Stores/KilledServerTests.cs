using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Paging.Tests;

namespace Paging.Remote.Tests;

/// <summary>
/// A server that dies at any moment ends at most the program whose page it had, by a bus error, or one whose pages have no place any more,
/// for lack of memory, and never the command.
/// </summary>
/// <remarks>PAGING_KILLS gives the number of moments for each kind of server; 30 take some minutes.</remarks>
[Trait("Category", "Slow")]
public sealed class KilledServerTests : IDisposable
{
    private const int FileByteLength = 12 << 20, BusError = 128 + 7;
    private const int NoRoomForTheFrame = 128 + 11;    // a page of the stack is gone as well: Linux, force_sigsegv
    private const int OutOfMemory = 128 + 9;           // no page can be swapped out any more, before one that is gone is needed

    private static readonly string[] InMemory = ["--save", "", "--appendonly", "no"];
    private static readonly int KillCount =
        int.TryParse(Environment.GetEnvironmentVariable("PAGING_KILLS"), CultureInfo.InvariantCulture, out int count) ? count : 1;

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-killed-").FullName;
    private readonly Random _random = new(5);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ASingleServer() => ForEachMoment(static () =>
    {
        RedisProcess server = new(InMemory);
        return new(server.Url + "/?patience=1000", server.Kill, [server]);
    });

    [Fact]
    public void AServerThatComesBackEmpty() => ForEachMoment(static () =>
    {
        RedisProcess server = new(InMemory);
        return new(server.Url + "/?patience=5000", () =>
        {
            server.Kill();
            server.Start();
        }, [server]);
    });

    [Fact]
    public void APrimaryWithAReplica() => ForEachMoment(static () =>
    {
        RedisProcess primary = new([.. InMemory, "--repl-diskless-sync-delay", "0"]);
        RedisProcess replica = new([.. InMemory, "--replicaof", "127.0.0.1", primary.Port.ToString(CultureInfo.InvariantCulture)]);
        return new($"redis://{primary.Place},{replica.Place}/?patience=1000&replicas=1", primary.Kill, [primary, replica]);
    });

    [Fact]
    public void AServerOfACluster() => ForEachMoment(static () =>
    {
        RedisCluster cluster = new(hasReplicas: false);
        return new(cluster.Url + "/?patience=1000", () => cluster.Primaries.First().Kill(), [cluster]);
    });

    private sealed record Servers(string Url, Action Kill, IDisposable[] All);

    /// <summary>Runs a program that swaps, kills a server after a random time, and expects the right answer or one of these ends.</summary>
    private void ForEachMoment(Func<Servers> start)
    {
        RequiredProcessor.Check();
        string source = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        if (!File.Exists(source)) Assert.Skip("There is no bin/busybox for i386 below PAGING_I386: tools/get-i386.sh fetches it.");
        File.Copy(source, Path.Combine(_directory, "busybox"));
        byte[] bytes = new byte[FileByteLength];
        _random.NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(_directory, "data"), bytes);
        string right = Convert.ToHexStringLower(SHA256.HashData(bytes));
        for (int i = 0; i < KillCount; i++)
        {
            Servers servers = start();
            TimeSpan moment = TimeSpan.FromMilliseconds(_random.Next(100, 2_500));
            (int status, string output, string errors) = Run(servers, moment);
            foreach (IDisposable server in servers.All) server.Dispose();
            string story = $"killed after {moment}: status {status}, output '{output}', errors '{errors}'";
            Assert.False(errors.Contains("Unhandled", StringComparison.Ordinal), story);
            bool isRight = output.Contains(right, StringComparison.Ordinal);
            bool isKilled = status == OutOfMemory && errors.Contains("out of memory: killed process", StringComparison.Ordinal);
            Assert.True(isRight ? status == 0 : isKilled || status is BusError or NoRoomForTheFrame or 1, story);
        }
    }

    private (int Status, string Output, string Errors) Run(Servers servers, TimeSpan moment)
    {
        // tail(1) keeps all of its input in memory, and most of that is on the server
        string pipeline = $"set -o pipefail; echo begun; cat /data | tail -c {FileByteLength} > /copy; s=$?; sha256sum < /copy; exit $s";
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "paging.dll"), "run",
            "--ram", "6M", "--swap", servers.Url, "--root", _directory, "/busybox", "sh", "-c", pipeline])
        {
            WorkingDirectory = _directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Assert.Equal("begun", process.StandardOutput.ReadLine());
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(moment)) servers.Kill();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(3)), "The command hangs.");
        return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
