using System.Diagnostics;

namespace Paging.Remote;

/// <summary>Retries while a server does not answer, up to a limit, and logs which server has which error.</summary>
/// <remarks>
/// The first call that needs a server which is away waits for it: a cluster's failover, or a restart. If that takes longer than the
/// patience, this call fails, and later ones fail at once until the server is back. Not thread-safe.
/// </remarks>
internal sealed class Outages(IRemoteServer server, TimeSpan patience, Action<string> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100), LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LackInterval = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, long> _givenUp = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lacking = new(StringComparer.Ordinal);
    private Task _looking = Task.CompletedTask;
    private long _failures;    // since the first server was given up

    /// <summary>True if the server of a key was away for so long that no call waits for it any more, and is still away.</summary>
    public bool IsGivenUp(string key) => _givenUp.Count > 0 && _givenUp.ContainsKey(server.ServerOf(key)) && !server.IsUp(key);

    /// <summary>True if a question about a key would only wait for a server that was given up; counts as one of its failures.</summary>
    public bool FailsAtOnce(string key)
    {
        if (!IsGivenUp(key)) return false;
        NoteFailure(server.ServerOf(key));
        return true;
    }

    /// <summary>True if a new value should not go to the server of a key: it is away, or has too few replicas.</summary>
    public bool ShouldAvoid(string key)
    {
        if (IsGivenUp(key)) return true;
        if (_lacking.Count == 0 || !_lacking.TryGetValue(server.ServerOf(key), out long since)) return false;
        if (Stopwatch.GetElapsedTime(since) < LackInterval) return true;
        _lacking.Remove(server.ServerOf(key));    // it may have got one meanwhile
        return false;
    }

    /// <summary>Notes that servers have too few replicas: for some time pages go to other ones.</summary>
    public void NoteLack(IEnumerable<string> servers, int replicaCount)
    {
        foreach (string place in servers)
        {
            if (!_lacking.ContainsKey(place)) log($"{place} has fewer than {replicaCount} replicas that answer: pages go to other servers");
            _lacking[place] = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Waits for an answer, and asks again while its server may come back.</summary>
    /// <param name="key">The key of the request.</param>
    /// <param name="task">The answer to the first question.</param>
    /// <param name="again">Repeats the request.</param>
    /// <param name="answer">The answer, if there is one.</param>
    public bool TryFinish<T>(string key, Task<T> task, Func<Task<T>> again, out T? answer)
    {
        long started = Stopwatch.GetTimestamp();
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                answer = task.GetAwaiter().GetResult();
                // An answer may be from before the outage: it was read ahead.
                if (_givenUp.Count > 0 && server.IsUp(key) && _givenUp.Remove(server.ServerOf(key))) Welcome(server.ServerOf(key));
                return true;
            }
            catch (RemoteException failure)
            {
                string place = server.ServerOf(key);
                bool isGivenUp = _givenUp.ContainsKey(place);
                if (!isGivenUp && Stopwatch.GetElapsedTime(started) > patience)
                {
                    isGivenUp = true;
                    _givenUp[place] = Stopwatch.GetTimestamp();
                    log($"{failure.Message}; given up after {patience.TotalSeconds:0.#} s: what needs it gets I/O errors until it is back");
                }

                if (isGivenUp)
                {
                    NoteFailure(place);
                    answer = default;
                    return false;
                }

                if (!isFirst)    // the first answer may be from before: it was read ahead, and a replica answers now
                {
                    Thread.Sleep(Pause);
                    LookBeside();
                }

                task = again();
            }
        }
    }

    // Asks for another server of the key now and then, not at each of many failures.
    private void NoteFailure(string place)
    {
        _failures++;
        if (Stopwatch.GetElapsedTime(_givenUp[place]) < LookInterval) return;
        _givenUp[place] = Stopwatch.GetTimestamp();
        LookBeside();
    }

    // Looking takes as long as the connection to a server that is away (two seconds): no call waits for it.
    private void LookBeside()
    {
        if (_looking.IsCompleted) _looking = Task.Run(server.LookAgain);
    }

    private void Welcome(string place)
    {
        log($"{place} answers again, after {_failures} failures");
        if (_givenUp.Count == 0) _failures = 0;
    }
}
