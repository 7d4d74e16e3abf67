using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Paging.Bench.Harness;
using Paging.Remote;
using StackExchange.Redis;

namespace Paging.Bench.Host;

/// <summary>A redis-server of the bench's own on the loopback interface, and the bare client connected to it.</summary>
internal sealed class RedisHost : IDisposable
{
    private const string Program = "/usr/bin/redis-server";
    private const int TriesMax = 200;

    private readonly Process _process;
    private readonly ConnectionMultiplexer _connection;

    /// <exception cref="TimeoutException">It does not start.</exception>
    public RedisHost()
    {
        int port = FreePort();
        Url = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{port}");
        _process = Process.Start(new ProcessStartInfo(Program, ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind",
            "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning", "--logfile", "/dev/null"])
        { UseShellExecute = false })!;
        _connection = Connect(port);
        Bare = _connection.GetDatabase();
    }

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? Missing => File.Exists(Program) ? null : "there is no redis-server (apt-get install redis-server)";

    /// <summary>Its address.</summary>
    public string Url { get; }

    /// <summary>The client library, without anything of ours.</summary>
    public IDatabase Bare { get; }

    /// <summary>A swap device there.</summary>
    public RedisSwapStore OpenSwap(int batchPages, int windowPages)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Url}?batch={batchPages}&window={windowPages}&compress=0");
        if (!SwapAddress.TryParse(text, windowPages, out SwapAddress? swap, out string? complaint))
            throw new BrokenBenchmarkException(complaint);
        return new(RedisServer.Connect(swap.Address), swap);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ConnectionMultiplexer Connect(int port)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return ConnectionMultiplexer.Connect(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));
            }
            catch (RedisConnectionException) when (i < TriesMax)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
