namespace Paging.Native.Tables;

/// <summary>The loans of one engine: which forks have not copied all of their tables yet.</summary>
/// <remarks>
/// Until a table is copied, the counts of its frames lack the child's entries. They still show whether a frame has no mapping, or only one
/// of the asking space. A caller that needs more, such as the number of sharers, calls <see cref="CopyAll"/> first.
/// </remarks>
internal sealed class ForkLoans(uint entriesMin)
{
    private readonly List<ForkLoan> _active = [];

    /// <summary>A table with fewer entries is copied at once.</summary>
    public uint EntriesMin => entriesMin;

    /// <summary>Copies every lent table. Cost: a test where there is none.</summary>
    public void CopyAll()
    {
        while (_active.Count != 0) _active[^1].CopyAll();
    }

    /// <summary>Checks rule P8 for every lent table. Changes nothing.</summary>
    public void Audit(AuditReport report)
    {
        foreach (ForkLoan loan in _active) loan.Audit(report);
    }

    internal void Add(ForkLoan loan)
    {
        loan.Place = _active.Count;
        _active.Add(loan);
    }

    internal void Remove(ForkLoan loan)
    {
        ForkLoan last = _active[^1];
        _active[loan.Place] = last;
        last.Place = loan.Place;
        _active.RemoveAt(_active.Count - 1);
    }
}

/// <summary>The loans in which one address space has a part.</summary>
internal struct LoansOfSpace
{
    /// <summary>The loans of the engine; null where forks copy at once.</summary>
    public ForkLoans? All;
    /// <summary>The tables that the space has lent to its child.</summary>
    public ForkLoan? Lent;
    /// <summary>The tables that it has borrowed from its parent.</summary>
    public ForkLoan? Borrowed;
    /// <summary>The object of <see cref="Borrowed"/>, kept for the next process of the space.</summary>
    public ForkLoan? Own;
    /// <summary>The tables that children have returned; null until there is one.</summary>
    public ReturnedTables? Returned;
    /// <summary>The tables of an image that it has not needed yet.</summary>
    public ImageLoan? Image;
    /// <summary>The object of <see cref="Image"/>, kept for the next process of the space.</summary>
    public ImageLoan? OwnImage;
    /// <summary>The count of the resident pages of borrowed tables.</summary>
    public ILoanCount? Count;

    /// <summary>The fewest entries of a table that a fork may lend; more than any table has if it may lend none.</summary>
    public readonly uint EntriesMin => All?.EntriesMin ?? uint.MaxValue;

    /// <summary>True if the directory leads to every table of the space.</summary>
    public readonly bool IsNone => Lent is null && Borrowed is null && Image is null && Returned is not { Count: not 0 };

    /// <summary>Returns true if the table of a directory entry is lent, or was returned.</summary>
    public readonly bool Has(int index) => Of(index) is not null || HasReturned(index) || Image?.Has(index) == true;

    /// <summary>Returns true if the table of a directory entry was returned, and is still out of the directory.</summary>
    public readonly bool HasReturned(int index) => Returned?.Has(index) == true;

    /// <summary>Copies the table of a directory entry if it is lent, or brings it back if it was returned. False: it is neither.</summary>
    public readonly bool TryCopy(int index)
    {
        ForkLoan? loan = Of(index);
        loan?.Copy(index);
        return loan is not null || Returned?.TryBringBack(index) == true || Image?.TryCopy(index) == true;
    }

    private readonly ForkLoan? Of(int index) => Lent?.Has(index) == true ? Lent : Borrowed?.Has(index) == true ? Borrowed : null;

    /// <summary>Copies every table that the space has lent or borrowed.</summary>
    public readonly void CopyAll()
    {
        Lent?.CopyAll();
        Borrowed?.CopyAll();
        Image?.CopyAll();
    }

    /// <summary>Gives back what the space has borrowed, because it ends.</summary>
    public readonly void ReturnAll()
    {
        Borrowed?.ReturnAll();
        Image?.ReturnAll();
    }
}

/// <summary>Counts the resident pages of a child whose tables are borrowed.</summary>
internal interface ILoanCount
{
    /// <summary>Counts that many pages of kind 0 as resident, or fewer if the number is negative.</summary>
    void CountLent(long pages);
}
