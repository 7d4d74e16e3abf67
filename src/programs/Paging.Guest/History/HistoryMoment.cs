using Paging.Core;
using Paging.Processors;

namespace Paging.Guest.History;

/// <summary>A state of the program to which it can go back: its memory and its registers.</summary>
/// <param name="position">Bytes of code executed before it.</param>
/// <param name="nextEvent">The number of the first event after it.</param>
/// <param name="snapshot">Memory and areas.</param>
/// <param name="context">All registers.</param>
internal sealed class HistoryMoment(long position, long nextEvent, Snapshot snapshot, GuestContext context) : IDisposable
{
    public long Position => position;

    public long NextEvent => nextEvent;

    public Snapshot Snapshot => snapshot;

    public GuestContext Context => context;

    /// <summary>True if the event before it can only be replayed by restoring it.</summary>
    public bool IsNeeded { get; init; }

    public void Dispose()
    {
        snapshot.Dispose();
        context.Dispose();
    }
}
