using System.Globalization;
using StackExchange.Redis;

namespace Paging.Remote;

/// <summary>Waits until the replicas of a server have what was written to it.</summary>
/// <remarks>
/// WAIT counts for the connection that asks, and has no key by which the client could choose a server of a cluster. Each server therefore
/// gets a connection of its own. On it a key's time to live is written anew first: replication is one stream, so a replica that has this
/// write has all that the server executed before. Redis: src/replication.c waitCommand, and the client's woff.
/// </remarks>
internal sealed class RedisFences(RemoteAddress address) : IDisposable
{
    private readonly Dictionary<string, ConnectionMultiplexer> _connections = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Asks each server with one of its keys.</summary>
    public bool Wait(IEnumerable<(string Server, string Key)> servers, int replicaCount, TimeSpan timeout, TimeSpan timeToLive)
    {
        bool isSafe = true;
        List<Task<RedisResult>> answers = [];
        try
        {
            foreach ((string server, string key) in servers)
            {
                IDatabase database = ConnectionTo(server).GetDatabase(address.Database);
                _ = database.KeyExpireAsync(key, timeToLive);
                answers.Add(database.ExecuteAsync("WAIT", replicaCount.ToString(CultureInfo.InvariantCulture),
                    ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
            }

            foreach (Task<RedisResult> answer in answers)
                isSafe &= answer.Wait(timeout + address.Timeout) && CountOf(answer.Result) >= replicaCount;
            return isSafe;
        }
        catch (Exception failure) when (RedisServer.IsOfServer(failure))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (ConnectionMultiplexer connection in _connections.Values) connection.Dispose();
            _connections.Clear();
        }
    }

    // A connection that broke meanwhile may answer with something else than a number.
    private static int CountOf(RedisResult answer) => !answer.IsNull
        && int.TryParse(answer.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : -1;

    private ConnectionMultiplexer ConnectionTo(string server)
    {
        lock (_gate)
        {
            if (_connections.TryGetValue(server, out ConnectionMultiplexer? known)) return known;
            ConfigurationOptions options = RedisServer.OptionsFor(address, [server]);
            options.CommandMap = CommandMap.Create(["CLUSTER"], available: false);    // this server alone, whatever it belongs to
            ConnectionMultiplexer connection = ConnectionMultiplexer.Connect(options);
            _connections.Add(server, connection);
            return connection;
        }
    }
}
