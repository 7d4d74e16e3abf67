using System.Globalization;
using System.Net;
using Garnet;
using Garnet.server;
using StackExchange.Redis;

namespace Paging.Remote.Tests;

/// <summary>A Garnet server in the tests' own process, where there is no redis-server: it holds its data in memory alone.</summary>
internal sealed class GarnetHost : IDisposable
{
    private readonly GarnetServer _server;
    private readonly ConnectionMultiplexer _connection;

    public GarnetHost(int port)
    {
        _server = new(new GarnetServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
            QuietMode = true,
            LogMemorySize = "64m",
            SegmentSize = "64m",
            PageSize = "1m",
            IndexMemorySize = "1m",
        });
        _server.Start();
        _connection = ConnectionMultiplexer.Connect(new ConfigurationOptions
        {
            EndPoints = { { IPAddress.Loopback, port } },
            AllowAdmin = true,
        });
    }

    /// <summary>One command; its answer as redis-cli prints it into a pipe.</summary>
    public string Ask(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return TextOf(_connection.GetDatabase().Execute(all[0], [.. all[1..]]));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _server.Dispose();
    }

    private static string TextOf(RedisResult result) => result.Length < 0
        ? Convert.ToString(result, CultureInfo.InvariantCulture) ?? ""
        : string.Join('\n', ((RedisResult[])result!).Select(TextOf));
}
