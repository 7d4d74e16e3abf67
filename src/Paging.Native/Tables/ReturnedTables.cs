namespace Paging.Native.Tables;

//   the child ends     parent ─x─ [table]      still out of the directory: no entry has changed since the fork
//   the next fork      lends it again without a look at its entries
//   a walk before      parent ──► [table]      the entry gets P back, and the next fork reads the table
/// <summary>The tables that a parent has back from children which ended without a copy.</summary>
/// <remarks><code>
/// Always holds    P8  the entry of the directory lacks P, so every walk of the engine or of a processor brings the table back first
///                 P8  its entries are as the fork has left them: present, without the bits that it took, their frames counted
/// Cost            a store for each table that is brought back
/// Threading       as ForkLoan
/// </code></remarks>
internal sealed class ReturnedTables(PageTables parent)
{
    private TableSet _tables;

    /// <summary>The number of tables.</summary>
    public int Count { get; private set; }

    /// <summary>Returns true if the table of a directory entry is one of them.</summary>
    public bool Has(int index) => _tables.Contains(index);

    /// <summary>Adds the table of a directory entry, which lacks P.</summary>
    public void Add(int index)
    {
        _tables.Add(index);
        Count++;
    }

    /// <summary>Takes a table out if it is one of them. The entry of the directory stays as it is.</summary>
    public bool Remove(int index)
    {
        if (!Has(index)) return false;
        _tables.Remove(index);
        Count--;
        return true;
    }

    /// <summary>Lets the directory lead to a table again. Returns false if it is not one of them.</summary>
    public bool TryBringBack(int index)
    {
        if (!Remove(index)) return false;
        if (ForkLoan.TryFind(parent, index, out _)) parent.StoreUpper(index, parent.UpperAt(index).WithPresent());
        return true;
    }

    /// <summary>Lets the directory lead to all of them again.</summary>
    public void BringBackAll()
    {
        for (int index = _tables.NextFrom(0); Count != 0 && index >= 0; index = _tables.NextFrom(index + 1)) TryBringBack(index);
    }

    /// <summary>Checks P8 by the raw words, before anything is brought back.</summary>
    public void Audit(AuditReport report)
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1))
        {
            if (!ForkLoan.TryFind(parent, index, out FrameNumber table))
                report.Add("P8", $"directory entry {index} of a returned table is {parent.UpperAt(index)}");
            else
                report.AddIfDifferent("P8", $"resident pages of returned table {table}",
                    ForkLoan.CountResident(parent, table, report), parent.Frames[table].Private);
        }
    }
}
