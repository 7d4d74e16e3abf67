using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Paging.Remote;

//   …:queue      stream     1-1 "0 64"   2-1 "64 128"   3-1 …        every job once, in order, with a consumer group
//                             done         taken by b                  a worker that dies loses its job to another one
//   …:results    hash       1 ⇒ result                               one for each job: done twice is stored once
//   …:findings   hash       id ⇒ text                                the same finding of two workers is one
//   …:workers    hash       a ⇒ its own description
/// <summary>A list of jobs that any number of workers on any number of machines take from, and where their results are collected.</summary>
/// <remarks><code>
/// Promise    each job is done at least once, and counts once: as long as a job's result depends on the job alone, the results together
///            are the same for any number of workers
/// Death      a worker that does not renew its job for <see cref="ClaimAfter"/> loses it to the next one that asks
/// Errors     RemoteException after the patience of the address: the server is away, or its keys hold data of another program
/// Threading  any thread
/// </code>
/// Redis: streams and consumer groups (6.2 and later, for XAUTOCLAIM).</remarks>
public sealed class JobQueue
{
    private const string Group = "workers", Field = "job";
    private readonly IRemoteServer _server;
    private readonly RemoteAddress _address;
    private readonly string _prefix;

    /// <summary>Names a queue. It need not exist.</summary>
    /// <param name="server">The server that keeps the queue.</param>
    /// <param name="address">The address, whose name is the queue's.</param>
    /// <param name="kind">Its purpose: a word that <c>paging store list</c> shows.</param>
    /// <exception cref="ArgumentException">The address has no name that a queue can have.</exception>
    public JobQueue(IRemoteServer server, RemoteAddress address, string kind)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(kind);
        if (!StoreDirectory.IsName(address.Name))
            throw new ArgumentException("the address needs a name: redis://HOST:PORT/NAME", nameof(address));
        (_server, _address) = (server, address);
        _prefix = $"{address.Prefix}:{kind}:{address.Name}:";
    }

    /// <summary>The time that a worker may be silent before its job is given to another one.</summary>
    public TimeSpan ClaimAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The description of the queue; null if there is none.</summary>
    public string? Description
    {
        get
        {
            string key = StoreDirectory.KeyOf(_prefix);
            byte[]? value = Ask(() => _server.Get([key])[0].GetAwaiter().GetResult());
            if (value is null) return null;
            byte[] bytes = new byte[PageEnvelope.LengthOf(value, key)];
            return PageEnvelope.Open(value, [], bytes) is { } complaint
                ? throw new RemoteException($"{key}: {complaint}") : Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>Creates the queue with all its jobs, or joins it if it exists. Several may do so at once.</summary>
    /// <param name="description">Its purpose; all workers must give the same.</param>
    /// <param name="jobs">The jobs, in the same order for all workers.</param>
    /// <exception cref="RemoteException">There is a queue of this name for something else.</exception>
    public void Open(string description, IReadOnlyList<string> jobs)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Any(static job => job is null)) throw new ArgumentException("A job is null.", nameof(jobs));
        if (Description is not { } known)
        {
            Ask(() =>
            {
                StoreDirectory.Announce(_server, _prefix, description, _address.TimeToLive);
                return true;
            });
            known = Description;
        }

        if (!string.Equals(known, description, StringComparison.Ordinal))
            throw new RemoteException($"{_server.Name}: there is a campaign of this name for something else: {known}");
        Tolerate("BUSYGROUP", "XGROUP", "queue", 1, "CREATE", Group, "0", "MKSTREAM");
        for (int i = LastJob(); i < jobs.Count; i++)    // an id that exists is refused, so that a job that two add is there once
            Tolerate("equal or smaller", "XADD", "queue", 0, Id(i), Field, Seal(jobs[i]));
        Renew();
    }

    /// <summary>Takes a job: an untaken one, or else one whose worker has died.</summary>
    /// <returns>False if there is none now. Others may still work on some.</returns>
    public bool TryTake(string worker, [NotNullWhen(true)] out JobTicket? job)
    {
        ArgumentNullException.ThrowIfNull(worker);
        RemoteReply read = Execute("XREADGROUP", "queue", 6, "GROUP", Group, worker, "COUNT", "1", "STREAMS", ">");
        job = read.Items is [{ Items: [_, { Items: [var first, ..] }] }, ..] ? ToTicket(first) : null;
        if (job is not null) return true;
        string idle = ((long)ClaimAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        RemoteReply claimed = Execute("XAUTOCLAIM", "queue", 0, Group, worker, idle, "0", "COUNT", "1");
        job = claimed.Items is [_, { Items: [var orphan, ..] }, ..] ? ToTicket(orphan) : null;
        return job is not null;
    }

    /// <summary>Renews a worker's claim to its job.</summary>
    public void KeepAlive(string worker, JobTicket job)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(job);
        Execute("XCLAIM", "queue", 0, Group, worker, "0", Id(job.Index), "JUSTID");
        Renew();
    }

    /// <summary>Stores the result of a job. If it has one already, this one is dropped.</summary>
    public void Finish(JobTicket job, string result)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(result);
        Execute("HSETNX", "results", 0, job.Index.ToString(CultureInfo.InvariantCulture), Seal(result));
        Execute("XACK", "queue", 0, Group, Id(job.Index));
        Renew();
    }

    /// <summary>Stores a finding. Returns false if it is known already.</summary>
    public bool TryAddFinding(string id, string text)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(text);
        bool isNew = Execute("HSETNX", "findings", 0, id, Seal(text)).Text is "1";
        if (isNew) Renew();    // the first one makes the key
        return isNew;
    }

    /// <summary>Records a worker's description of its present work.</summary>
    public void Note(string worker, string text)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(text);
        Execute("HSET", "workers", 0, worker, Seal(text));
        Renew();
    }

    /// <summary>The number of jobs, and of those with a result.</summary>
    public (int All, int Done) Count() => (LastJob(), NumberOf(Execute("HLEN", "results", 0)));

    /// <summary>The results so far, by the number of the job.</summary>
    public SortedDictionary<int, string> Results()
    {
        SortedDictionary<int, string> results = [];
        foreach ((string job, string result) in ReadAll("results")) results.Add(int.Parse(job, CultureInfo.InvariantCulture), result);
        return results;
    }

    /// <summary>The findings so far, by their ids.</summary>
    public SortedDictionary<string, string> Findings() => ReadAll("findings");

    /// <summary>The last report of each worker.</summary>
    public SortedDictionary<string, string> Workers() => ReadAll("workers");

    private static string Id(int index) => string.Create(CultureInfo.InvariantCulture, $"{index + 1}-1");

    private static int NumberOf(RemoteReply reply) => int.Parse(reply.Text!, CultureInfo.InvariantCulture);

    // Values of streams and hashes are texts: version and hash stand before them.
    private static string Seal(string text) => $"PGJ1 {HashOf(text)} {text}";

    private string Unseal(string? value, string place)
    {
        string[] parts = (value ?? "").Split(' ', 3);
        if (parts.Length != 3 || !parts[0].StartsWith("PGJ", StringComparison.Ordinal))
            throw new RemoteException($"{_prefix}{place}: it is no value of this program");
        if (parts[0] is not "PGJ1") throw new RemoteException($"{_prefix}{place}: it has another version ({parts[0]})");
        return string.Equals(parts[1], HashOf(parts[2]), StringComparison.Ordinal)
            ? parts[2] : throw new RemoteException($"{_prefix}{place}: it is damaged (wrong hash)");
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private SortedDictionary<string, string> ReadAll(string hash)
    {
        SortedDictionary<string, string> all = new(StringComparer.Ordinal);
        IReadOnlyList<RemoteReply> items = Execute("HGETALL", hash, 0).Items;
        for (int i = 0; i + 1 < items.Count; i += 2) all.Add(items[i].Text!, Unseal(items[i + 1].Text, hash));
        return all;
    }

    private int LastJob() => NumberOf(Execute("XLEN", "queue", 0));

    private JobTicket? ToTicket(RemoteReply entry)
    {
        if (entry.Items is not [{ Text: { } id }, { Items: [_, var text] }]) return null;
        return new(int.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture) - 1,
            Unseal(text.Text, "queue"));
    }

    private void Renew()
    {
        string[] keys =
            [StoreDirectory.KeyOf(_prefix), _prefix + "queue", _prefix + "results", _prefix + "findings", _prefix + "workers"];
        StoreDirectory.WaitQuietly(_server.KeepAlive(keys, _address.TimeToLive));
    }

    private void Tolerate(string complaint, string command, string name, int keyIndex, params string[] arguments)
    {
        try
        {
            Execute(command, name, keyIndex, arguments);
        }
        catch (RemoteException refused) when (refused.Message.Contains(complaint, StringComparison.Ordinal))
        {
            // Another worker was faster.
        }
    }

    private RemoteReply Execute(string command, string name, int keyIndex, params string[] arguments) =>
        Ask(() => _server.Execute(command, _prefix + name, keyIndex, arguments));

    private T Ask<T>(Func<T> question)
    {
        long started = Environment.TickCount64;
        while (true)
        {
            try
            {
                return question();
            }
            catch (RemoteException failure) when (!failure.IsRefusal
                && Environment.TickCount64 - started < _address.Patience.TotalMilliseconds)
            {
                Thread.Sleep(100);
                _server.LookAgain();
            }
        }
    }
}

/// <summary>A job that a worker has taken.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Text">The description of the job.</param>
public sealed record JobTicket(int Index, string Text);
