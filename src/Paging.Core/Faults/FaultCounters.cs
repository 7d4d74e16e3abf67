namespace Paging.Core;

/// <summary>What happened in one address space, or in all of an engine.</summary>
internal struct FaultCounters
{
    /// <summary>Faults resolved without I/O. Linux: min_flt.</summary>
    public long Minor;
    /// <summary>Faults that had to read. Linux: maj_flt.</summary>
    public long Major;
    /// <summary>Faults that ended in a signal.</summary>
    public long Refused;
    /// <summary>Zero page mapped for a read.</summary>
    public long ZeroPage;
    /// <summary>Fresh zeroed frames.</summary>
    public long Anonymous;
    /// <summary>Copies made on write.</summary>
    public long Copied;
    /// <summary>Writes that found themselves the last owner and copied nothing.</summary>
    public long Reused;
    /// <summary>Pages of files mapped.</summary>
    public long File;
    /// <summary>Pages of files mapped along, without a fault of their own (fault-around).</summary>
    public long FaultAround;
    /// <summary>Times a growing area grew.</summary>
    public long StackGrown;
}
