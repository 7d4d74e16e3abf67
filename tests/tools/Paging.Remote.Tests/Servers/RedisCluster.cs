using System.Diagnostics;

namespace Paging.Remote.Tests;

/// <summary>A Redis Cluster of the tests' own: three primaries, and a replica of each if asked for.</summary>
internal sealed class RedisCluster : IDisposable
{
    private readonly RedisProcess[] _servers;

    public RedisCluster(bool hasReplicas)
    {
        _servers = [.. Enumerable.Range(0, hasReplicas ? 6 : 3).Select(static _ => new RedisProcess("--cluster-enabled", "yes",
            "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no", "--save", "", "--appendonly", "no",
            "--repl-diskless-sync-delay", "0"))];
        (int status, string output) = ServerPrograms.Run("/usr/bin/redis-cli",
            ["--cluster", "create", .. _servers.Select(static server => server.Place), "--cluster-replicas", hasReplicas ? "1" : "0",
            "--cluster-yes"]);
        if (status != 0) throw new InvalidOperationException(output);
        Wait(() => _servers.All(
            static server => server.Ask("cluster", "info").Contains("cluster_state:ok", StringComparison.Ordinal)));
        if (hasReplicas)
            Wait(() => Primaries.All(
                static server => server.Ask("info", "replication").Contains("state=online", StringComparison.Ordinal)));
    }

    public string Url => "redis://" + string.Join(',', _servers.Select(static server => server.Place));

    /// <summary>The servers that are primaries now.</summary>
    public IEnumerable<RedisProcess> Primaries =>
        _servers.Where(static server => server.IsRunning && server.Ask("role").StartsWith("master", StringComparison.Ordinal));

    public long KeyCount => Primaries.Sum(static server => server.KeyCount);

    public void Dispose()
    {
        foreach (RedisProcess server in _servers) server.Dispose();
    }

    private static void Wait(Func<bool> until)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2))
        {
            if (until()) return;
            Thread.Sleep(100);
        }

        throw new InvalidOperationException("the cluster does not come up");
    }
}
