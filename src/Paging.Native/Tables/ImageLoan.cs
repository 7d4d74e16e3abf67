namespace Paging.Native.Tables;

//   the image                     [words]
//   clone 1   ─x─ [      ]           │           x: an entry of the directory without P, as after a fork (ForkLoan)
//   clone 2   ──► [ copy ] ◄─────────┘
/// <summary>The page tables of an image that a clone has not needed yet: a walk that comes past the directory copies one.</summary>
/// <remarks><code>
/// Always holds    P8  the entry of the directory lacks P, and keeps a frame of its own, whose content is undefined
///                 P3  the frame's Private counts the entries that it will have; all are the image's or markers, and no frame counts them
/// Copied by       what copies tables that a fork has lent: PageTables.ReadUpper, SlotOf, and what is built on them
/// Cost            to show an image or to end unread: a frame and a store for each table; to copy a table: 4096 bytes
/// Errors          no frame for a table: nothing is shown. A copy cannot fail
/// Threading       slow path, with the gate for first touches closed
/// Linux           copies at once, as for fork (copy_page_range)
/// </code></remarks>
internal sealed class ImageLoan(PageTables clone)
{
    private TableSet _tables;
    private int _count;
    private ImagePageTables? _image;

    /// <summary>Returns true if the table of a directory entry has not been copied yet.</summary>
    public bool Has(int index) => _tables.Contains(index);

    /// <summary>Gives a clone without tables those of an image. Returns false if there are too few frames; it has none then.</summary>
    public static bool TryShow(PageTables clone, ImagePageTables image)
    {
        ImageLoan loan = clone.Loans.OwnImage ??= new(clone);
        loan._image = image;
        for (int index = image.All.NextFrom(0); index >= 0; index = image.All.NextFrom(index + 1))
        {
            if (loan.TryShow(index, image.EntriesOf(index))) continue;
            loan.ReturnAll();
            return false;
        }

        return true;
    }

    /// <summary>Copies a table if it has not been copied yet.</summary>
    public bool TryCopy(int index)
    {
        if (!Has(index)) return false;
        if (ForkLoan.TryFind(clone, index, out FrameNumber table))    // else a host has written over the entry, and the table is lost (P2)
        {
            _image!.WordsOf(index).CopyTo(clone.Ram.Bytes(table));
            clone.StoreUpper(index, PageDirectoryEntry.ForTable(table));
        }

        Remove(index);
        return true;
    }

    /// <summary>Returns true if a table of these has not been copied yet.</summary>
    public bool Has(ImagePageTables image, int index) => Has(index) && ReferenceEquals(_image, image);

    /// <summary>Copies all tables.</summary>
    public void CopyAll()
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1)) TryCopy(index);
    }

    /// <summary>Gives back the frames of the tables that were never needed, because the clone ends.</summary>
    public void ReturnAll()
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1))
        {
            if (ForkLoan.TryFind(clone, index, out FrameNumber table)) clone.FreeTable(index, table);
            Remove(index);
        }

        if (_count == 0) Forget();    // an image without a table, too
    }

    /// <summary>Checks P8 by the raw words, before anything is copied.</summary>
    public void Audit(AuditReport report)
    {
        for (int index = _tables.NextFrom(0); index >= 0; index = _tables.NextFrom(index + 1))
        {
            if (!ForkLoan.TryFind(clone, index, out FrameNumber table))
                report.Add("P8", $"directory entry {index} of a table of an image is {clone.UpperAt(index)}");
            else
                report.AddIfDifferent("P8", $"entries of table {table} of an image", CountEntries(index, report),
                    clone.Frames[table].Private);
        }
    }

    private uint CountEntries(int index, AuditReport report)
    {
        ReadOnlySpan<byte> bytes = _image!.WordsOf(index);
        uint count = 0;
        for (int i = 0; i <= clone.EntryMask; i++)
        {
            PageTableEntry entry = new(clone.IsWide
                ? BitConverter.ToUInt64(bytes[(i * 8)..])
                : BitConverter.ToUInt32(bytes[(i * 4)..]));
            if (entry.IsNeverTouched) continue;
            count++;
            if (entry.IsPresent && (entry.IsWritable || !entry.Software3))
                report.Add("P8", $"entry {i} of table {index} of an image is {entry}");
        }

        return count;
    }

    private bool TryShow(int index, uint entries)
    {
        if (!clone.TryTakeUncleared(out FrameNumber reserved)) return false;
        clone.Own(index, reserved);
        clone.Frames[reserved].Private = entries;
        clone.Frames[clone.Directory].Private++;
        clone.StoreUpper(index, PageDirectoryEntry.ForTable(reserved).WithoutPresent());
        _tables.Add(index);
        _count++;
        clone.Loans.Image = this;
        return true;
    }

    private void Remove(int index)
    {
        _tables.Remove(index);
        if (--_count == 0) Forget();
    }

    private void Forget() => (_image, clone.Loans.Image) = (null, null);
}
