namespace Paging.Core;

/// <summary>Counts the page faults of one address space, or of a whole engine.</summary>
/// <remarks>
/// A history: it only grows, also when a snapshot is restored. <see cref="FaultUsage"/> is the part of a process's state that a restore
/// sets back. Saved forms have the counters in this order, so a new one goes to the end.
/// </remarks>
public struct FaultCounters
{
    /// <summary>Faults resolved without I/O. Linux: min_flt.</summary>
    public long Minor { readonly get; internal set; }
    /// <summary>Faults that had to read a page from a file or a swap device. Linux: maj_flt.</summary>
    public long Major { readonly get; internal set; }
    /// <summary>Faults that ended in a signal.</summary>
    public long Refused { readonly get; internal set; }
    /// <summary>Reads that mapped the zero page.</summary>
    public long ZeroPage { readonly get; internal set; }
    /// <summary>Zeroed frames that were mapped.</summary>
    public long Anonymous { readonly get; internal set; }
    /// <summary>Pages copied on write.</summary>
    public long Copied { readonly get; internal set; }
    /// <summary>Write faults on a page that no longer had another owner, so that nothing was copied.</summary>
    public long Reused { readonly get; internal set; }
    /// <summary>Pages of files that were mapped.</summary>
    public long File { readonly get; internal set; }
    /// <summary>Pages of files that were mapped together with a faulting page (fault-around).</summary>
    public long FaultAround { readonly get; internal set; }
    /// <summary>Pages read from swap or found in the swap cache.</summary>
    public long SwappedIn { readonly get; internal set; }
    /// <summary>Times a growing area grew.</summary>
    public long StackGrown { readonly get; internal set; }

    /// <summary>Every counter with its name, in the order of the properties: the one list that texts and pictures are made from.</summary>
    /// <remarks>Allocates the list.</remarks>
    public readonly IReadOnlyList<NamedCount> ToNamedCounts() =>
    [
        new("minor faults", Minor),
        new("major faults", Major),
        new("refused faults", Refused),
        new("zero page mapped", ZeroPage),
        new("anonymous pages filled", Anonymous),
        new("pages copied on write", Copied),
        new("pages reused on write", Reused),
        new("pages of files mapped", File),
        new("pages mapped around a fault", FaultAround),
        new("pages swapped in", SwappedIn),
        new("stack growths", StackGrown),
    ];

    /// <summary>Prints the kinds that occurred: <c>minor faults 3, pages copied on write 1</c>.</summary>
    public override readonly string ToString() => CounterRecords.Format(ToNamedCounts());

    internal void Add(in FaultCounters other) => CounterRecords.Add(ref this, other);

    internal void Subtract(in FaultCounters other) => CounterRecords.Subtract(ref this, other);
}
