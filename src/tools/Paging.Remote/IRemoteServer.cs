namespace Paging.Remote;

/// <summary>The operations that this assembly needs of a server of values, or of a cluster.</summary>
/// <remarks><code>
/// Order      calls about one key are executed in the order in which they were made, as long as its server stays connected
/// Cost       each call is one round trip, however many keys it names; nothing waits before its task is waited for
/// Errors     a task fails with a RemoteException: the server is away, has refused, or is loading. Nothing is tried again here
/// Threading  any thread
/// </code>
/// The one implementation is <see cref="RedisServer"/>. Whatever speaks the same protocol (Valkey, Garnet) is reached through it.
/// </remarks>
public interface IRemoteServer : IDisposable
{
    /// <summary>Its name in messages: the address, without a password.</summary>
    string Name { get; }

    /// <summary>Reads values. A task gives null if the key does not exist.</summary>
    Task<byte[]?>[] Get(ReadOnlySpan<string> keys);

    /// <summary>Reads one value and waits for it, without a way through other threads. Null: the key does not exist.</summary>
    /// <exception cref="RemoteException">The server is away, or has refused.</exception>
    byte[]? GetNow(string key);

    /// <summary>Writes values, which expire after a time.</summary>
    Task[] Set(ReadOnlySpan<KeyValuePair<string, byte[]>> values, TimeSpan timeToLive);

    /// <summary>Lets keys live for so long from now on. A task gives false if the key does not exist.</summary>
    Task<bool>[] KeepAlive(ReadOnlySpan<string> keys, TimeSpan timeToLive);

    /// <summary>Deletes keys. A task gives false if the key did not exist.</summary>
    Task<bool>[] Delete(ReadOnlySpan<string> keys);

    /// <summary>Waits until replicas have all earlier writes to the servers of some keys.</summary>
    /// <param name="keys">Keys that exist; each server after them is asked once.</param>
    /// <param name="replicaCount">The number of replicas of each server that must have it.</param>
    /// <param name="timeout">The time to wait for one server.</param>
    /// <param name="timeToLive">The time that the keys live from now on: the question is a write of its own.</param>
    /// <returns>The servers of which fewer replicas have it, or which do not answer. Redis: WAIT.</returns>
    IReadOnlySet<string> WaitForReplicas(IReadOnlyList<string> keys, int replicaCount, TimeSpan timeout, TimeSpan timeToLive);

    /// <summary>The server that has, or would have, a key: host and port.</summary>
    string ServerOf(string key);

    /// <summary>True if the client believes that server to be connected. Sends nothing.</summary>
    bool IsUp(string key);

    /// <summary>Asks the servers again which of them serves what. For use after a failure.</summary>
    void LookAgain();

    /// <summary>All keys that begin with a text, of all servers, in no order. A key may be named twice while others change them.</summary>
    /// <exception cref="RemoteException">A server cannot be asked.</exception>
    IEnumerable<string> KeysFrom(string prefix);

    /// <summary>Executes a command by its name, and waits for the answer.</summary>
    /// <param name="command">The command, such as <c>XADD</c>.</param>
    /// <param name="key">The key that it is about, which chooses the server. It stands at <paramref name="keyIndex"/>.</param>
    /// <param name="keyIndex">The index of the key among the arguments.</param>
    /// <param name="arguments">The other arguments, in order.</param>
    /// <exception cref="RemoteException">The server is away, or has refused.</exception>
    RemoteReply Execute(string command, string key, int keyIndex, params ReadOnlySpan<string> arguments);
}
