namespace Paging.Remote.Tests;

/// <summary>Servers by the letter before the colon of a key. Each is up or down, and keeps nothing.</summary>
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

    public Task<byte[]?>[] Get(ReadOnlySpan<string> keys) => throw new NotSupportedException();

    public byte[]? GetNow(string key) => throw new NotSupportedException();

    public Task[] Set(ReadOnlySpan<KeyValuePair<string, byte[]>> values, TimeSpan timeToLive)
    {
        Task[] answers = new Task[values.Length];
        for (int i = 0; i < answers.Length; i++) answers[i] = Answer(values[i].Key);
        return answers;
    }

    public Task<bool>[] KeepAlive(ReadOnlySpan<string> keys, TimeSpan timeToLive) => throw new NotSupportedException();

    public Task<bool>[] Delete(ReadOnlySpan<string> keys) => throw new NotSupportedException();

    public IReadOnlySet<string> WaitForReplicas(
        IReadOnlyList<string> keys, int replicaCount, TimeSpan timeout, TimeSpan timeToLive) => throw new NotSupportedException();

    public IEnumerable<string> KeysFrom(string prefix) => throw new NotSupportedException();

    public RemoteReply Execute(string command, string key, int keyIndex, params ReadOnlySpan<string> arguments) =>
        throw new NotSupportedException();
}
