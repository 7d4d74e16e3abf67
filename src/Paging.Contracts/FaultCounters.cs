namespace Paging.Core;

/// <summary>What happened in one address space, or in all of an engine.</summary>
public struct FaultCounters
{
    /// <summary>Faults resolved without I/O. Linux: min_flt.</summary>
    public long Minor { readonly get; internal set; }
    /// <summary>Faults that had to read. Linux: maj_flt.</summary>
    public long Major { readonly get; internal set; }
    /// <summary>Faults that ended in a signal.</summary>
    public long Refused { readonly get; internal set; }
    /// <summary>Zero page mapped for a read.</summary>
    public long ZeroPage { readonly get; internal set; }
    /// <summary>Fresh zeroed frames.</summary>
    public long Anonymous { readonly get; internal set; }
    /// <summary>Copies made on write.</summary>
    public long Copied { readonly get; internal set; }
    /// <summary>Writes that found themselves the last owner and copied nothing.</summary>
    public long Reused { readonly get; internal set; }
    /// <summary>Pages of files mapped.</summary>
    public long File { readonly get; internal set; }
    /// <summary>Pages of files mapped along, without a fault of their own (fault-around).</summary>
    public long FaultAround { readonly get; internal set; }
    /// <summary>Pages brought back from swap or found in the swap cache.</summary>
    public long SwappedIn { readonly get; internal set; }
    /// <summary>Times a growing area grew.</summary>
    public long StackGrown { readonly get; internal set; }

    internal void Add(in FaultCounters other)
    {
        Minor += other.Minor;
        Major += other.Major;
        Refused += other.Refused;
        ZeroPage += other.ZeroPage;
        Anonymous += other.Anonymous;
        Copied += other.Copied;
        Reused += other.Reused;
        File += other.File;
        FaultAround += other.FaultAround;
        SwappedIn += other.SwappedIn;
        StackGrown += other.StackGrown;
    }
}
