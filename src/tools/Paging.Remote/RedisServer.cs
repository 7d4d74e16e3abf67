using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Paging.Remote;

/// <summary>A Redis server or cluster, through StackExchange.Redis.</summary>
/// <remarks>
/// Several addresses are entrances to one cluster. The client finds the other servers, follows redirections, and connects again by
/// itself. After a failover, <see cref="LookAgain"/> asks which server holds which keys.
/// </remarks>
public sealed class RedisServer : IRemoteServer
{
    // The error replies of a server that will answer soon.
    private static readonly ImmutableArray<string> PassingStates =
        ["LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "READONLY", "BUSY "];

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly RedisFences _fences;
    private readonly TimeSpan _timeout;

    private RedisServer(RemoteAddress address, ConnectionMultiplexer connection)
    {
        Name = address.ToString();
        _connection = connection;
        _database = connection.GetDatabase(address.Database);
        _fences = new(address);
        _timeout = address.Timeout;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Connects.</summary>
    /// <exception cref="RemoteException">No server answers, or the password is wrong.</exception>
    public static RedisServer Connect(RemoteAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        ConnectionMultiplexer? connection = null;
        try
        {
            connection = ConnectionMultiplexer.Connect(OptionsFor(address, address.Servers));
            RedisServer server = new(address, connection);
            connection.GetDatabase(address.Database).Ping();
            return server;
        }
        catch (Exception failure) when (IsOfServer(failure))
        {
            connection?.Dispose();
            throw new RemoteException($"{address}: cannot connect: {Reason(failure)}", failure);
        }
    }

    /// <inheritdoc/>
    public Task<byte[]?>[] Get(ReadOnlySpan<string> keys) =>
        Send(keys, static key => key, static async (target, key) => (byte[]?)await target.StringGetAsync(key).ConfigureAwait(false));

    /// <inheritdoc/>
    public byte[]? GetNow(string key) => Translate(() => (byte[]?)_database.StringGet(key), ServerOf(key));

    /// <inheritdoc/>
    public Task[] Set(ReadOnlySpan<KeyValuePair<string, byte[]>> values, TimeSpan timeToLive) =>
        Send(values, static value => value.Key, (target, value) => target.StringSetAsync(value.Key, value.Value, timeToLive));

    /// <inheritdoc/>
    public Task<bool>[] KeepAlive(ReadOnlySpan<string> keys, TimeSpan timeToLive) =>
        Send(keys, static key => key, (target, key) => target.KeyExpireAsync(key, timeToLive));

    /// <inheritdoc/>
    public Task<bool>[] Delete(ReadOnlySpan<string> keys) =>
        Send(keys, static key => key, static (target, key) => target.KeyDeleteAsync(key));

    /// <inheritdoc/>
    public IReadOnlySet<string> WaitForReplicas(
        IReadOnlyList<string> keys, int replicaCount, TimeSpan timeout, TimeSpan timeToLive) =>
        _fences.Wait(
            keys.DistinctBy(ServerOf, StringComparer.Ordinal).Select(key => (ServerOf(key), key)), replicaCount, timeout, timeToLive);

    /// <inheritdoc/>
    public string ServerOf(string key) => EndPointOf(key) is { } place ? Describe(place) : Name;

    /// <inheritdoc/>
    public bool IsUp(string key) => EndPointOf(key) is { } place && _connection.GetServer(place).IsConnected;

    /// <inheritdoc/>
    public void LookAgain()
    {
        try
        {
            _connection.Configure();
        }
        catch (Exception failure) when (IsOfServer(failure))
        {
            // No server answers: the next call reports it.
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> KeysFrom(string prefix)
    {
        foreach (EndPoint place in _connection.GetEndPoints())
        {
            IServer server = _connection.GetServer(place);
            if (server.IsReplica || !server.IsConnected) continue;
            using IEnumerator<RedisKey> keys = server.Keys(_database.Database, prefix + "*", pageSize: 1000).GetEnumerator();
            while (Translate(keys.MoveNext, Describe(place))) yield return keys.Current!;
        }
    }

    /// <inheritdoc/>
    public RemoteReply Execute(string command, string key, int keyIndex, params ReadOnlySpan<string> arguments)
    {
        object[] all = new object[arguments.Length + 1];
        for (int i = 0; i < all.Length; i++)
            all[i] = i == keyIndex ? (RedisKey)key : arguments[i < keyIndex ? i : i - 1];
        return Translate(() => ToReply(_database.Execute(command, all)), ServerOf(key));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _fences.Dispose();
        _connection.Dispose();
    }

    internal static ConfigurationOptions OptionsFor(RemoteAddress address, IEnumerable<string> servers)
    {
        ConfigurationOptions options = new()
        {
            AbortOnConnectFail = false,    // a server that is away now may come back
            AllowAdmin = false,
            Protocol = RedisProtocol.Resp2,    // lists where RESP3 has maps: RemoteReply is a list
            BacklogPolicy = BacklogPolicy.FailFast,    // Outages decides which calls wait, and how long
            ClientName = "paging",
            ConnectTimeout = (int)Math.Max(1000, address.Timeout.TotalMilliseconds),
            SyncTimeout = (int)address.Timeout.TotalMilliseconds,
            AsyncTimeout = (int)address.Timeout.TotalMilliseconds,
            KeepAlive = 5,
            ConfigCheckSeconds = 5,
            Password = address.Password,
            Ssl = address.IsEncrypted,
            SslHost = address.CertificateName,
        };
        foreach (string server in servers) options.EndPoints.Add(server);
        return options;
    }

    internal static bool IsOfServer(Exception failure) =>
        failure is RedisException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException
            or AggregateException { InnerException: RedisException or TimeoutException } or TaskCanceledException
            or System.Security.Authentication.AuthenticationException;

    private static RemoteException Named(string place, Exception failure)
    {
        string reason = Reason(failure);
        bool isPassing = PassingStates.Any(state => reason.StartsWith(state, StringComparison.Ordinal));
        return new($"{place}: {reason}", failure) { IsRefusal = failure is RedisServerException && !isPassing };
    }

    internal static string Reason(Exception failure)
    {
        string message = (failure is AggregateException { InnerException: { } inner } ? inner : failure).Message;
        int end = message.AsSpan().IndexOfAny(";\r\n");
        return end < 0 ? message : message[..end];
    }

    /// <summary>
    /// Sends a call for each item, several as one batch. What the client throws at once, because no server is connected, ends the tasks:
    /// the caller decides with each answer whether to wait or to give up.
    /// </summary>
    private Task<TAnswer>[] Send<TItem, TAnswer>(
        ReadOnlySpan<TItem> items, Func<TItem, string> keyOf, Func<IDatabaseAsync, TItem, Task<TAnswer>> call)
    {
        IBatch? batch = items.Length > 1 ? _database.CreateBatch() : null;    // the client sends a single call at once
        IDatabaseAsync target = batch is null ? _database : batch;
        Task<TAnswer>[] tasks = new Task<TAnswer>[items.Length];
        for (int i = 0; i < tasks.Length; i++)
        {
            TItem item = items[i];
            tasks[i] = Translate(() => call(target, item), keyOf(item));
        }

        try
        {
            batch?.Execute();
        }
        catch (Exception failure) when (IsOfServer(failure))
        {
            for (int i = 0; i < tasks.Length; i++)
            {
                string place = ServerOf(keyOf(items[i]));
                tasks[i] = Task.FromException<TAnswer>(Named(place, failure));
            }
        }

        return tasks;
    }

    private EndPoint? EndPointOf(string key)
    {
        EndPoint[] places = _connection.GetEndPoints();
        foreach (EndPoint place in places)
        {
            if (_connection.GetServer(place).ClusterConfiguration is not { } cluster) continue;
            if (cluster.GetBySlot((RedisKey)key) is { } node) return node.EndPoint;
        }

        foreach (EndPoint place in places)
            if (!_connection.GetServer(place).IsReplica) return place;
        return places.Length > 0 ? places[0] : null;
    }

    private static string Describe(EndPoint place) => place switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        _ => place.ToString()!,
    };

    private static RemoteReply ToReply(RedisResult result)
    {
        if (result.IsNull) return RemoteReply.Nothing;
        return result.Length < 0 ? new((string?)result, []) : new(null, [.. ((RedisResult[])result!).Select(ToReply)]);
    }

    private async Task<T> Translate<T>(Func<Task<T>> call, string key)
    {
        try
        {
            return await call().WaitAsync(_timeout).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfServer(failure))
        {
            throw Named(ServerOf(key), failure);
        }
    }

    private static T Translate<T>(Func<T> call, string place)
    {
        try
        {
            return call();
        }
        catch (Exception failure) when (IsOfServer(failure))
        {
            throw Named(place, failure);
        }
    }
}
