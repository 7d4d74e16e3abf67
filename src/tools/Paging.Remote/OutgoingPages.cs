using System.Diagnostics;

namespace Paging.Remote;

/// <summary>Pages on their way to the servers: collected to batches, several of which are under way, and kept until they arrive.</summary>
/// <remarks><code>
///   Add ──► staged ──(batch is full)──► under way ──► under way ──► acknowledged ──(replicas asked for)──► given up here
///                                          │
///                                          └─ failed: sent again; under another number if their server was given up
/// </code>
/// A page that has not arrived is read from here, so a server that dies loses none of them. There are at most
/// <see cref="BatchesUnderWayMax"/> + 2 batches of them. Not thread-safe.</remarks>
internal sealed class OutgoingPages(IRemoteServer server, SwapAddress options, Outages outages, Func<FarPage, string> keyOf,
    Action<FarPage> renumber)
{
    public const int BatchesUnderWayMax = 4;
    private const int ReplicationsMax = 3;
    private const int RenumberingsMax = 64;    // chances to meet a server that is there
    private static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(100);

    private readonly Queue<(FarPage[] Pages, Task[] Tasks)> _underWay = new();
    private readonly List<FarPage> _staged = [];
    private long? _refusedSince;

    /// <summary>Batches that were sent.</summary>
    public long BatchCount { get; private set; }

    /// <summary>Makes room for a page. Returns false if there are too many that no server takes.</summary>
    public bool TryMakeRoom() => _staged.Count < options.BatchPages || TrySend();

    /// <summary>Takes a page, after <see cref="TryMakeRoom"/>.</summary>
    public void Add(FarPage page)
    {
        _staged.Add(page);
        if (_staged.Count >= options.BatchPages) TrySend();
    }

    /// <summary>Forgets a page that was not sent yet. Returns false if it was.</summary>
    public bool TryTakeBack(FarPage page) => _staged.Remove(page);

    /// <summary>Sends the staged pages and waits until all have arrived. Returns false if some cannot be sent.</summary>
    public bool TryFinish()
    {
        _refusedSince = null;    // the caller waits, so it gets the answer of now
        while (_staged.Count > 0)
            if (!TrySend()) return false;
        while (_underWay.Count > 0)
            if (!TryArrive()) return false;
        return _staged.Count == 0;
    }

    private bool TrySend()
    {
        while (_underWay.Count >= BatchesUnderWayMax)
            if (!TryArrive()) return false;
        if (!HasServer(_staged[0])) return false;    // all would only fail once more
        int count = Math.Min(_staged.Count, options.BatchPages);
        FarPage[] pages = [.. _staged[..count]];
        _staged.RemoveRange(0, count);
        foreach (FarPage page in pages) Avoid(page);
        _underWay.Enqueue((pages, Send(pages)));
        return true;
    }

    // An answer of no holds for a moment: without a server, reclaim tries to write thousands of pages a second.
    private bool HasServer(FarPage page)
    {
        if (_refusedSince is { } since && Stopwatch.GetElapsedTime(since) < RefusalTime) return false;
        Avoid(page);
        _refusedSince = outages.FailsAtOnce(keyOf(page)) ? Stopwatch.GetTimestamp() : null;
        return _refusedSince is null;
    }

    private Task[] Send(FarPage[] pages)
    {
        BatchCount++;
        return server.Set([.. pages.Select(page => KeyValuePair.Create(keyOf(page), page.Value!))], options.Address.TimeToLive);
    }

    // A key whose server is away or has too few replicas would only fail again: another number leads to another server.
    private void Avoid(FarPage page)
    {
        for (int i = 0; i < RenumberingsMax && outages.ShouldAvoid(keyOf(page)); i++) renumber(page);
    }

    // Waits for the oldest batch. Pages that cannot be brought away are staged again.
    private bool TryArrive()
    {
        (FarPage[] pages, Task[] tasks) = _underWay.Dequeue();
        List<FarPage> arrived = new(pages.Length), failed = [];
        for (int i = 0; i < pages.Length; i++) (TryFinish(pages[i], tasks[i]) ? arrived : failed).Add(pages[i]);
        if (options.ReplicaCount > 0 && arrived.Count > 0) Replicate(arrived, failed);
        foreach (FarPage page in arrived) page.Value = null;
        _staged.InsertRange(0, failed);
        return failed.Count == 0;
    }

    private bool TryFinish(FarPage page, Task task)
    {
        if (outages.TryFinish(keyOf(page), Done(task), () => Done(Send([page])[0]), out _)) return true;
        Avoid(page);
        return !outages.ShouldAvoid(keyOf(page))
            && outages.TryFinish(keyOf(page), Done(Send([page])[0]), () => Done(Send([page])[0]), out _);
    }

    // Pages whose server has too few replicas, because one was promoted or is away, go to another one.
    private void Replicate(List<FarPage> arrived, List<FarPage> failed)
    {
        List<FarPage> open = [.. arrived];
        for (int attempt = 0; attempt < ReplicationsMax && open.Count > 0; attempt++)
        {
            IReadOnlySet<string> lacking = server.WaitForReplicas(
                [.. open.Select(keyOf)], options.ReplicaCount, options.Address.Timeout, options.Address.TimeToLive);
            if (lacking.Count == 0) return;
            open.RemoveAll(page => !lacking.Contains(server.ServerOf(keyOf(page))));
            outages.NoteLack(lacking, options.ReplicaCount);
            foreach (FarPage page in open.ToArray())
            {
                Avoid(page);
                if (!outages.ShouldAvoid(keyOf(page)) && TryFinish(page, Send([page])[0])) continue;
                open.Remove(page);
                arrived.Remove(page);
                failed.Add(page);
            }
        }

        arrived.RemoveAll(open.Contains);
        failed.AddRange(open);
    }

    private static async Task<bool> Done(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }
}
