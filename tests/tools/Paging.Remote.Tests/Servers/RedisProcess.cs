using System.Diagnostics;
using System.Globalization;

namespace Paging.Remote.Tests;

/// <summary>A redis-server of the tests' own, on a free port of the loopback interface; killed at the end.</summary>
internal sealed class RedisProcess : IDisposable
{
    private const int PortCountMax = 8;

    private readonly string[] _options;
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-redis-").FullName;
    private Process? _process;

    public RedisProcess(params string[] options)
    {
        ServerPrograms.Require();
        _options = options;
        for (int tried = 1; ; tried++)    // another process may take a port before the server does
        {
            Port = ServerPrograms.FreePort(portMax: 50_000);    // the bus of a cluster is 10000 ports higher
            if (TryStart()) return;
            if (tried == PortCountMax) throw Refusal;
        }
    }

    public int Port { get; }

    public string Place => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public string Url => "redis://" + Place;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts it again after <see cref="Kill"/>, with the data that it had saved.</summary>
    public void Start()
    {
        if (!TryStart()) throw Refusal;
    }

    private InvalidOperationException Refusal => new($"redis-server on {Place} does not start");

    private bool TryStart()
    {
        _process?.Dispose();
        ProcessStartInfo start = new("/usr/bin/redis-server",
            ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory, .. _options])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        TaskCompletionSource<bool> isUp = new();
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) isUp.TrySetResult(false);    // it has ended
            else if (line.Data.Contains("Ready to accept connections", StringComparison.Ordinal)) isUp.TrySetResult(true);
        };
        _process.Start();
        _process.BeginOutputReadLine();
        return isUp.Task.Wait(TimeSpan.FromMinutes(1)) && isUp.Task.Result;
    }

    /// <summary>One command by redis-cli.</summary>
    public string Ask(params IEnumerable<string> words) =>
        ServerPrograms.Run("/usr/bin/redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. words]).Output.Trim();

    /// <summary>The keys it holds (DBSIZE).</summary>
    public long KeyCount => long.Parse(Ask("dbsize"), CultureInfo.InvariantCulture);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops it (SIGSTOP): clients stay connected and get no answer until <see cref="Resume"/>.</summary>
    public void Suspend() => Signal("-STOP");

    /// <summary>Lets it continue (SIGCONT).</summary>
    public void Resume() => Signal("-CONT");

    public void Dispose()
    {
        if (IsRunning) Kill();
        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Signal(string signal) =>
        ServerPrograms.Run("/bin/kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
}
