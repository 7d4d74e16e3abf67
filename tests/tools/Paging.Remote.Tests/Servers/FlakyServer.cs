namespace Paging.Remote.Tests;

/// <summary>What becomes of the request that fails.</summary>
public enum RequestFailure
{
    /// <summary>It does not reach the server.</summary>
    Lost,

    /// <summary>The server has executed it, and its answer is lost.</summary>
    AnswerLost,

    /// <summary>Of its keys every second one fails.</summary>
    Half,
}

/// <summary>A real server of which one request fails: the nth, counted from the last call of <see cref="FailAt"/>.</summary>
/// <remarks>Questions about replicas are answered here, as if there were some: of the nth request, all servers lack them.</remarks>
internal sealed class FlakyServer(IRemoteServer inner) : IRemoteServer
{
    private readonly Lock _gate = new();
    private int _failAt = -1;
    private RequestFailure _failure;

    /// <summary>Requests since the last call of <see cref="FailAt"/>.</summary>
    public int RequestCount { get; private set; }

    /// <summary>The request has failed.</summary>
    public bool HasFailed { get; private set; }

    public string Name => inner.Name;

    /// <summary>Lets a later request fail; a negative number lets none.</summary>
    public void FailAt(int request, RequestFailure failure = RequestFailure.Lost)
    {
        lock (_gate) (_failAt, _failure, RequestCount, HasFailed) = (request, failure, 0, false);
    }

    public Task<byte[]?>[] Get(ReadOnlySpan<string> keys) =>
        Fails() ? Failed(keys.Length, Reached ? inner.Get(keys) : null) : inner.Get(keys);

    public byte[]? GetNow(string key) => Fails() ? throw Away : inner.GetNow(key);

    public Task[] Set(ReadOnlySpan<KeyValuePair<string, byte[]>> values, TimeSpan timeToLive)
    {
        if (!Fails()) return inner.Set(values, timeToLive);
        Task[] answers = new Task[values.Length];    // those of the server may be of a narrower type
        if (Reached) Settle(inner.Set(values, timeToLive)).CopyTo(answers, 0);
        for (int i = 0; i < answers.Length; i++)
            if (IsLost(i)) answers[i] = Task.FromException(Away);
        return answers;
    }

    public Task<bool>[] KeepAlive(ReadOnlySpan<string> keys, TimeSpan timeToLive) =>
        Fails() ? Failed(keys.Length, Reached ? inner.KeepAlive(keys, timeToLive) : null) : inner.KeepAlive(keys, timeToLive);

    public Task<bool>[] Delete(ReadOnlySpan<string> keys) =>
        Fails() ? Failed(keys.Length, Reached ? inner.Delete(keys) : null) : inner.Delete(keys);

    public IReadOnlySet<string> WaitForReplicas(
        IReadOnlyList<string> keys, int replicaCount, TimeSpan timeout, TimeSpan timeToLive) =>
        Fails() ? keys.Select(ServerOf).ToHashSet(StringComparer.Ordinal) : new HashSet<string>(StringComparer.Ordinal);

    public string ServerOf(string key) => inner.ServerOf(key);

    public bool IsUp(string key) => inner.IsUp(key);

    public void LookAgain() => inner.LookAgain();

    public IEnumerable<string> KeysFrom(string prefix) => Fails() ? throw Away : inner.KeysFrom(prefix);

    public RemoteReply Execute(string command, string key, int keyIndex, params ReadOnlySpan<string> arguments)
    {
        bool fails = Fails();
        if (fails && !Reached) throw Away;
        RemoteReply reply = inner.Execute(command, key, keyIndex, arguments);
        return fails && _failure == RequestFailure.AnswerLost ? throw Away : reply;
    }

    /// <summary>The real server goes on: it is another one's to dispose of.</summary>
    public void Dispose()
    {
    }

    private static RemoteException Away => new("the server is away");

    private bool Reached => _failure != RequestFailure.Lost;

    private bool Fails()
    {
        lock (_gate)
        {
            if (RequestCount++ != _failAt) return false;
            HasFailed = true;
            return true;
        }
    }

    private bool IsLost(int key) => _failure != RequestFailure.Half || key % 2 == 0;

    private Task<T>[] Failed<T>(int count, Task<T>[]? reached)
    {
        Task<T>[] answers = new Task<T>[count];
        if (reached is not null) Settle(reached).CopyTo(answers, 0);
        for (int i = 0; i < answers.Length; i++)
            if (IsLost(i)) answers[i] = Task.FromException<T>(Away);
        return answers;
    }

    private static Task[] Settle(Task[] answers)
    {
        Task.WaitAll(answers, TimeSpan.FromMinutes(1));
        return answers;
    }
}
