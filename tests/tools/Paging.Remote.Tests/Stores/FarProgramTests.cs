using System.Diagnostics;
using System.Security.Cryptography;
using Paging.Tests;

namespace Paging.Remote.Tests;

/// <summary>
/// Programs that have three times as much as RAM, the rest of it on a server or in a file: their output is that of the host.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FarProgramTests : IDisposable
{
    private const int FileByteLength = 24 << 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-far-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AFileThreeTimesAsLargeAsRamHasTheHostsHash()
    {
        byte[] bytes = MakeFile();
        using RedisProcess redis = new("--save", "", "--appendonly", "no");
        (string output, _) = Run(redis.Url, "sha256sum", "/data");
        Assert.Equal($"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  /data\n", output);
    }

    /// <summary>Input that tail(1) has read from a pipe is memory of the program, and most of it is on the server.</summary>
    /// <remarks>Some seconds, since each page goes out and comes back. A sort of as much is right, too, but takes five minutes.</remarks>
    [Fact]
    public void MemoryThatWasAwayHasTheHostsHash()
    {
        using RedisProcess redis = new("--save", "", "--appendonly", "no");
        RunTail(redis.Url);
    }

    [Fact]
    public void SoHasMemoryThatWasInAFile()
    {
        string file = Path.Combine(_directory, "swap");
        RunTail($"64M@{file}");
        Assert.False(File.Exists(file));
    }

    private void RunTail(string swap)
    {
        byte[] bytes = MakeFile();
        (string output, string errors) = Run(swap, "sh", "-c", $"cat /data | tail -c {FileByteLength} | sha256sum");
        Assert.Equal($"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  -\n", output);
        Assert.Empty(errors);
    }

    private byte[] MakeFile()
    {
        Random random = new(3);
        byte[] bytes = new byte[FileByteLength];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = i % 64 == 63 ? (byte)'\n' : (byte)random.Next('a', 'z' + 1);
        File.WriteAllBytes(Path.Combine(_directory, "data"), bytes);
        return bytes;
    }

    private (string Output, string Errors) Run(string swap, params string[] words)
    {
        RequiredProcessor.Check();
        string source = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        if (!File.Exists(source)) Assert.Skip("There is no bin/busybox for i386 below PAGING_I386: tools/get-i386.sh fetches it.");
        File.Copy(source, Path.Combine(_directory, "busybox"));
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "paging.dll"), "run",
            "--ram", "8M", "--swap", swap, "--root", _directory, "/busybox", .. words])
        {
            WorkingDirectory = _directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output, errors.GetAwaiter().GetResult());
    }
}
