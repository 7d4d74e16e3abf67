using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Paging.Remote.Tests;

/// <summary>A redis-server of the tests' own, on a free port of the loopback interface; killed at the end.</summary>
/// <remarks>Without one, a server that only holds data in memory is a <see cref="GarnetHost"/>; what Garnet has not is skipped.</remarks>
internal sealed class RedisProcess : IDisposable
{
    private const int PortCountMax = 8;

    private readonly string[] _options;
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-redis-").FullName;
    private readonly bool _isGarnet;
    private Process? _process;
    private GarnetHost? _garnet;

    public RedisProcess(params string[] options) : this(needsRedis: false, options) { }

    private RedisProcess(bool needsRedis, string[] options)
    {
        _isGarnet = !needsRedis && options is ["--save", "", "--appendonly", "no"] && !ServerPrograms.AreHere;
        if (!_isGarnet) ServerPrograms.Require();
        _options = options;
        for (int tried = 1; ; tried++)    // another process may take a port before the server does
        {
            Port = ServerPrograms.FreePort(portMax: 50_000);    // the bus of a cluster is 10000 ports higher
            if (TryStart()) return;
            if (tried == PortCountMax) throw Refusal;
        }
    }

    /// <summary>A server in memory with streams, which Garnet has not.</summary>
    public static RedisProcess WithStreams() => new(needsRedis: true, ["--save", "", "--appendonly", "no"]);

    public int Port { get; }

    public string Place => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public string Url => "redis://" + Place;

    public bool IsRunning => _garnet is not null || _process is { HasExited: false };

    /// <summary>Starts it again after <see cref="Kill"/>, with the data that it had saved.</summary>
    public void Start()
    {
        if (!TryStart()) throw Refusal;
    }

    private InvalidOperationException Refusal => new($"redis-server on {Place} does not start");

    /// <summary>Skips a test of what Garnet has not, where there is no redis-server.</summary>
    public void RequireRedis(string what) =>
        Assert.SkipWhen(_isGarnet, $"Garnet, the server where there is no redis-server, has no {what}: apt-get install redis-server");

    private bool TryStart()
    {
        if (_isGarnet) return TryStartGarnet();
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

    private bool TryStartGarnet()
    {
        try
        {
            _garnet = new(Port);
            return true;
        }
        catch (SocketException)    // the port was taken
        {
            return false;
        }
    }

    /// <summary>One command by redis-cli.</summary>
    public string Ask(params IEnumerable<string> words) => _garnet is not null ? _garnet.Ask(words)
        : ServerPrograms.Run("/usr/bin/redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. words]).Output.Trim();

    /// <summary>The keys it holds (DBSIZE).</summary>
    public long KeyCount => long.Parse(Ask("dbsize"), CultureInfo.InvariantCulture);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (_isGarnet)
        {
            _garnet?.Dispose();
            _garnet = null;
            return;
        }

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

    private void Signal(string signal)
    {
        RequireRedis("process of its own to stop");
        ServerPrograms.Run("/bin/kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
    }
}
