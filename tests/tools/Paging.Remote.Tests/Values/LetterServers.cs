namespace Paging.Remote.Tests;

/// <summary>Servers by the letter before the colon of a key. Each is up or down, and keeps no values.</summary>
internal sealed class LetterServers : IRemoteServer
{
    public HashSet<string> Down { get; } = new(StringComparer.Ordinal);

    public string Name => "test";

    public Task<int> Answer(string key) =>
        IsUp(key) ? Task.FromResult(7) : Task.FromException<int>(new RemoteException($"{ServerOf(key)} is away"));

    public string ServerOf(string key) => key[..1];

    public bool IsUp(string key) => !Down.Contains(ServerOf(key));

    /// <summary>How often it was asked to look for other servers.</summary>
    public int LookCount;

    public void LookAgain() => Interlocked.Increment(ref LookCount);

    public void Dispose() { }

    /// <summary>Answers all questions for values; null: there are none.</summary>
    public Func<Task<byte[]?>>? OnGet { get; set; }

    /// <summary>The keys that exist, as often as servers list them; each can be deleted once.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>Another program deletes the keys that were listed.</summary>
    public bool IsLate { get; set; }

    /// <summary>Servers without replicas.</summary>
    public HashSet<string> Lacking { get; } = new(StringComparer.Ordinal);

    /// <summary>How often it was asked for replicas.</summary>
    public int WaitCount { get; private set; }

    public Task<byte[]?>[] Get(ReadOnlySpan<string> keys)
    {
        Task<byte[]?>[] answers = new Task<byte[]?>[keys.Length];
        for (int i = 0; i < answers.Length; i++) answers[i] = (OnGet ?? throw new NotSupportedException())();
        return answers;
    }

    /// <summary>Answers a question for one value that is asked on the caller's thread.</summary>
    public Func<byte[]?>? OnGetNow { get; set; }

    public byte[]? GetNow(string key) => (OnGetNow ?? throw new NotSupportedException())();

    public Task[] Set(ReadOnlySpan<KeyValuePair<string, byte[]>> values, TimeSpan timeToLive)
    {
        Task[] answers = new Task[values.Length];
        for (int i = 0; i < answers.Length; i++) answers[i] = Answer(values[i].Key);
        return answers;
    }

    public Task<bool>[] KeepAlive(ReadOnlySpan<string> keys, TimeSpan timeToLive) => [];

    public Task<bool>[] Delete(ReadOnlySpan<string> keys)
    {
        Task<bool>[] answers = new Task<bool>[keys.Length];
        for (int i = 0; i < answers.Length; i++) answers[i] = Task.FromResult(!IsLate && Keys.Remove(keys[i]));
        return answers;
    }

    public IReadOnlySet<string> WaitForReplicas(IReadOnlyList<string> keys, int replicaCount, TimeSpan timeout, TimeSpan timeToLive)
    {
        WaitCount++;
        return keys.Select(ServerOf).Where(Lacking.Contains).ToHashSet(StringComparer.Ordinal);
    }

    public IEnumerable<string> KeysFrom(string prefix) => [.. Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];

    public RemoteReply Execute(string command, string key, int keyIndex, params ReadOnlySpan<string> arguments) =>
        throw new NotSupportedException();
}
