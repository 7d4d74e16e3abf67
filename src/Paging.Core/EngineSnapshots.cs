using Paging.Core.Composition;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>Takes snapshots of a whole engine.</summary>
public static class EngineSnapshots
{
    /// <summary>Takes a snapshot of all processes and the memory that they share, to which the engine can go back.</summary>
    /// <exception cref="InvalidOperationException">
    /// The host has no memory, or has pinned some of a process; or a process is of another system than Linux.
    /// <see cref="TakeSnapshot(PagingEngine, out EngineSnapshot?)"/> returns an error in the first two cases.
    /// </exception>
    public static EngineSnapshot TakeSnapshot(this PagingEngine engine) => engine.TakeSnapshot(out EngineSnapshot? snapshot) switch
    {
        Errno.None => snapshot!,
        Errno.EBUSY => throw new InvalidOperationException(
            "Cannot take a snapshot of the engine: the host has pinned memory of a process, or huge pages of the pool are mapped."),
        _ => throw new InvalidOperationException("Cannot take a snapshot of the engine: the host has no memory for its journals."),
    };

    /// <summary>Takes a snapshot of all processes and the memory that they share, to which the engine can go back.</summary>
    /// <returns>
    /// ENOMEM: the host has no memory for it. EBUSY: memory of a process is pinned (<see cref="Pins"/>), or a process maps huge pages of
    /// the pool. On an error nothing has changed.
    /// </returns>
    /// <remarks>
    /// Cost: O(processes, their page tables and open descriptors, and objects of shared memory), and O(pages and areas that have changed
    /// since the last snapshot). Copies no page.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A process is of another system than Linux.</exception>
    public static Errno TakeSnapshot(this PagingEngine engine, out EngineSnapshot? snapshot)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using SlowPathTurn turn = engine.TakeTurn();
        snapshot = null;
        EngineParts parts = engine.Parts;
        UserProcess[] processes = [.. engine.ProcessTable.All];
        // Both checks come before the first process's snapshot, so that a refusal changes nothing.
        foreach (UserProcess process in processes.Where(static process => !process.HasExited)) process.Space.ThrowIfForeign();
        if (processes.Any(static process => !process.HasExited && process.RefusesSnapshots)) return Errno.EBUSY;
        if (!TryKeep(processes, out KeptProcess[] kept)) return parts.Machine.Guard.Leave(Errno.ENOMEM);
        snapshot = new(parts, engine.ProcessTable, kept, parts.Contents.Take());    // cannot fail any more
        return parts.Machine.Guard.Leave(Errno.None);
    }

    /// <summary>Takes a snapshot of each process, or of none.</summary>
    private static bool TryKeep(UserProcess[] processes, out KeptProcess[] kept)
    {
        kept = new KeptProcess[processes.Length];
        for (int i = 0; i < processes.Length; i++)
        {
            UserProcess process = processes[i];
            if (process.HasExited)
            {
                kept[i] = KeptProcess.OfExited(process);
                continue;
            }

            if (process.TakeNode() is { } node)
            {
                kept[i] = KeptProcess.OfRunning(process, node);
                continue;
            }

            foreach (KeptProcess done in kept.AsSpan(0, i))
                if (done.Node is not null) done.Process.Snapshots!.Drop(done.Node);
            return false;
        }

        return true;
    }
}
