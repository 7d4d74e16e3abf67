using System.Diagnostics;

namespace Paging.Core;

/// <summary>A recorded state of a <see cref="Rewind"/>.</summary>
[DebuggerDisplay("state {Number}")]
public sealed class RewindState
{
    internal RewindState(Rewind owner, long number, IRewindable snapshot)
    {
        (Owner, Number, Snapshot) = (owner, number, snapshot);
        OwnBytes = OwnBytesMin + snapshot.HostStateLength;
    }

    /// <summary>The number of the record: 0 for the first. A number is never used twice.</summary>
    public long Number { get; }

    /// <summary>False once the state has been thinned out, or its process has ended or executed another program.</summary>
    public bool IsKept => Snapshot.IsValid;

    /// <summary>The recorded state that this one was made from; null if there was none, or if it and all before it are gone.</summary>
    public RewindState? Parent => Owner.ParentOf(this);

    /// <summary>The bytes of a state without pages: limits, usage, sets of tables.</summary>
    private const long OwnBytesMin = 2_048;

    internal Rewind Owner { get; }

    internal IRewindable Snapshot { get; }

    internal long OwnBytes { get; }
}
