namespace Paging.Native.Tables;

//   before the fork        parent ──► [table]        child                     x: an entry of the directory without P, so that a walk
//   lent                   parent ─x─ [table]        child ─x─ [      ]           faults, and a reader comes here
//   one side needs it      parent ──► [table]        child ──► [ copy ]
//   or the child ends      parent ─x─ [table]        child                     nothing was copied: see ReturnedTables
/// <summary>The page tables that a parent has lent to a forked child: each is copied when one of the two first needs it.</summary>
/// <remarks><code>
/// Always holds    P8  neither directory leads to a lent table: both entries lack P, and keep the frame and all other bits
///                 P8  its entries are present and without the bits that the fork took; their frames are counted for the parent alone
///                 P8  the child's frame is reserved, its content undefined; Private counts the pages that are resident
/// Copied by       PageTables.ReadUpper, SlotOf and what is built on them, for one table; ForkLoans.CopyAll where counts of frames matter
/// Cost            to lend: one pass over the words; to copy: what the fork would have cost; to end unread: a store for each table
/// Errors          none: the child's frames are taken when the tables are lent
/// Threading       slow path, with the gate for first touches closed
/// Linux           copies at once; lending is On-demand-fork (Zhao, Gong, Fonseca, EuroSys 2021), which shares tables by a count instead
/// </code></remarks>
internal sealed class ForkLoan(PageTables child)
{
    private TableSet _tables;
    private int _count;
    private PageTables? _parent;

    /// <summary>The place in the list of <see cref="ForkLoans"/>.</summary>
    internal int Place { get; set; }

    /// <summary>Returns true if the table of a directory entry is lent.</summary>
    public bool Has(int index) => _tables.Contains(index);

    /// <summary>Takes both entries of the directories out of use. The parent's entries have lost their bits already.</summary>
    /// <param name="parent">The parent's tables.</param>
    /// <param name="child">The child's tables, which have none there.</param>
    /// <param name="part">The table, with all of its entries in the pages of the part.</param>
    /// <param name="reserved">A frame for the copy.</param>
    /// <param name="resident">The number of entries whose frames are counted; all are of kind 0.</param>
    public static void Lend(PageTables parent, PageTables child, in TablePart part, FrameNumber reserved, uint resident)
    {
        ForkLoan loan = child.Loans.Own ??= new(child);
        if (loan._count == 0) loan.Begin(parent);
        loan._tables.Add(part.Index);
        loan._count++;
        parent.Loans.Returned?.Remove(part.Index);
        child.Own(part.Index, reserved);
        child.Frames[reserved].Private = resident;
        child.Frames[child.Directory].Private++;
        child.StoreUpper(part.Index, PageDirectoryEntry.ForTable(reserved).WithoutPresent());
        parent.StoreUpper(part.Index, parent.UpperAt(part.Index).WithoutPresent());
        child.Loans.Count?.CountLent(resident);
    }

    /// <summary>Copies one table, which is lent no more.</summary>
    public void Copy(int index)
    {
        PageTables parent = _parent!;
        bool isThere = TryFind(parent, index, out FrameNumber table), hasFrame = TryFind(child, index, out FrameNumber copy);
        uint resident = hasFrame ? child.Frames[copy].Private : 0;
        ForkTally tally = default;
        if (hasFrame)
        {
            child.Ram.Clear(copy);
            if (isThere) ForkCopy.CopyWhole(parent, table, child.WordsOf(copy), ref tally);
            child.Frames[copy].Private = tally.Copied;
            child.StoreUpper(index, PageDirectoryEntry.ForTable(copy));
        }

        if (isThere) parent.StoreUpper(index, parent.UpperAt(index).WithPresent());
        Remove(index);
        long missing = (long)tally.Of(0) - resident;    // none, unless a host has written to one of the tables
        if (missing != 0) child.Loans.Count?.CountLent(missing);
    }

    /// <summary>Copies all tables that are lent.</summary>
    public void CopyAll()
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1)) Copy(index);
    }

    /// <summary>Returns all tables to the parent without a copy, because the child ends. Its reserved frames are free again.</summary>
    public void ReturnAll()
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1))
        {
            uint resident = 0;
            if (TryFind(child, index, out FrameNumber reserved))
            {
                resident = child.Frames[reserved].Private;
                child.Loans.Count?.CountLent(-(long)resident);
                child.FreeTable(index, reserved);
            }

            if (TryFind(_parent!, index, out FrameNumber table)) Return(_parent!, index, _parent!.Frames[table].Private == resident);

            Remove(index);
        }
    }

    /// <summary>Checks P8 by the raw words, before anything is copied.</summary>
    public void Audit(AuditReport report)
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1))
        {
            if (!TryFind(_parent!, index, out FrameNumber table) || !TryFind(child, index, out FrameNumber reserved))
            {
                report.Add("P8", $"directory entry {index} of a lent table is {_parent!.UpperAt(index)} and {child.UpperAt(index)}");
                continue;
            }

            uint resident = CountResident(_parent!, table, report);
            report.AddIfDifferent("P8", $"resident pages of lent table {table}", resident, child.Frames[reserved].Private);
        }
    }

    /// <summary>Checks the entries of a table that is lent or was returned, and counts those whose frames are counted.</summary>
    internal static uint CountResident(PageTables parent, FrameNumber table, AuditReport report)
    {
        EntryTable words = parent.WordsOf(table);
        uint resident = 0;
        int end = parent.EntryMask + 1;
        for (int i = 0; (i = words.NextTouched(i, end)) < end; i++)
        {
            PageTableEntry entry = new(words[i]);
            if (!entry.IsPresent || entry.IsWritable) report.Add("P8", $"entry {i} of lent table {table} is {entry}");
            if (!entry.Software3) resident++;
        }

        return resident;
    }

    /// <summary>A table that the next fork may lend as it is stays out of the directory.</summary>
    private static void Return(PageTables parent, int index, bool mayBeLentAgain)
    {
        if (mayBeLentAgain) (parent.Loans.Returned ??= new(parent)).Add(index);
        else parent.StoreUpper(index, parent.UpperAt(index).WithPresent());
    }

    private void Begin(PageTables parent)
    {
        _parent = parent;
        parent.Loans.Lent = child.Loans.Borrowed = this;
        parent.Loans.All!.Add(this);
    }

    private void Remove(int index)
    {
        _tables.Remove(index);
        if (--_count != 0) return;
        _parent!.Loans.Lent = child.Loans.Borrowed = null;
        _parent.Loans.All!.Remove(this);
        _parent = null;
    }

    // A host may have written over the entry: then the table is lost, as that of any entry (P2).
    internal static bool TryFind(PageTables tables, int index, out FrameNumber table)
    {
        PageDirectoryEntry upper = tables.UpperAt(index);
        table = upper.Table;
        return !upper.IsPresent && table.Value < tables.Ram.FrameCount.Value && tables.IsOwn(table, index);
    }
}
