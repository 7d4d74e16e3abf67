using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StackExchange.Redis;

namespace Paging.Remote;

/// <summary>Waits until the replicas of a server have its writes.</summary>
/// <remarks>
/// WAIT counts for the connection that asks, and has no key by which the client could choose a server of a cluster. Each server therefore
/// gets a connection of its own. On it a key's time to live is written anew first: replication is one stream, so a replica that has this
/// write has all that the server executed before. Redis: src/replication.c waitCommand, and the client's woff.
/// </remarks>
internal sealed class RedisFences(RemoteAddress address) : IDisposable
{
    private readonly Dictionary<string, ConnectionMultiplexer> _connections = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Asks each server with one of its keys. Returns those that do not have enough replicas with all the written data.</summary>
    public HashSet<string> Wait(IEnumerable<(string Server, string Key)> servers, int replicaCount, TimeSpan timeout, TimeSpan timeToLive)
    {
        HashSet<string> lacking = new(StringComparer.Ordinal);
        List<(string Server, Task<RedisResult> Answer)> questions = [];
        foreach ((string server, string key) in servers)
        {
            if (TryAsk(server, key, replicaCount, timeout, timeToLive, out Task<RedisResult>? answer)) questions.Add((server, answer));
            else lacking.Add(server);
        }

        foreach ((string server, Task<RedisResult> answer) in questions)
            if (!HasEnough(answer, replicaCount, timeout + address.Timeout)) lacking.Add(server);
        return lacking;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (ConnectionMultiplexer connection in _connections.Values) connection.Dispose();
            _connections.Clear();
        }
    }

    private bool TryAsk(string server, string key, int replicaCount, TimeSpan timeout, TimeSpan timeToLive,
        [NotNullWhen(true)] out Task<RedisResult>? answer)
    {
        answer = null;
        try
        {
            IDatabase database = ConnectionTo(server).GetDatabase(address.Database);
            database.KeyExpire(key, timeToLive, CommandFlags.FireAndForget);
            answer = database.ExecuteAsync("WAIT", replicaCount.ToString(CultureInfo.InvariantCulture),
                ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception failure) when (RedisServer.IsOfServer(failure))
        {
            return false;
        }
    }

    private static bool HasEnough(Task<RedisResult> answer, int replicaCount, TimeSpan timeout)
    {
        try
        {
            return answer.Wait(timeout) && CountOf(answer.Result) >= replicaCount;
        }
        catch (AggregateException failure) when (RedisServer.IsOfServer(failure))
        {
            return false;
        }
    }

    // A connection that broke meanwhile may answer with a reply that is not a number.
    private static int CountOf(RedisResult answer) => !answer.IsNull
        && int.TryParse(answer.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : -1;

    private ConnectionMultiplexer ConnectionTo(string server)
    {
        lock (_gate)
        {
            if (_connections.TryGetValue(server, out ConnectionMultiplexer? known)) return known;
            ConfigurationOptions options = RedisServer.OptionsFor(address, [server]);
            options.CommandMap = CommandMap.Create(["CLUSTER"], available: false);    // this server alone, even if it is part of a cluster
            ConnectionMultiplexer connection = ConnectionMultiplexer.Connect(options);
            _connections.Add(server, connection);
            return connection;
        }
    }
}
