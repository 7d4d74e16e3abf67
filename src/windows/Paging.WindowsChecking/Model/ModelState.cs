namespace Paging.WindowsChecking.Model;

/// <summary>One page of an allocation: one field for each fact that the rules define.</summary>
internal sealed class ModelPage
{
    public bool Committed;
    /// <summary>PAGE_* without NOCACHE, which belongs to the allocation. In a view 0 means the allocation's own.</summary>
    public uint Protection;
    /// <summary>The bytes of private memory, or of a page of a view that was copied; null for zeros, or for the section's.</summary>
    public byte[]? Bytes;
    public bool IsCopied, InWorkingSet, IsWritten, IsLocked;
}

/// <summary>An allocation: rule 1. Private memory, a placeholder, or a view.</summary>
internal sealed class ModelAllocation
{
    public uint First;    // page numbers
    public List<ModelPage> Pages = [];
    public uint Protection;
    public bool IsNoCache, IsPlaceholder, IsWatched;
    public ModelSection? Section;
    public uint SectionFirst;

    public uint End => First + (uint)Pages.Count;
    public bool Has(uint page) => page >= First && page < End;
    public ModelPage this[uint page] => Pages[(int)(page - First)];
    public uint SectionPage(uint page) => SectionFirst + (page - First);

    /// <summary>True if a page is committed; in a view, if the section's page is (rule 15).</summary>
    public bool IsCommitted(uint page) => Section is { } section ? section.IsCommitted(SectionPage(page)) : this[page].Committed;

    /// <summary>The protection of a committed page.</summary>
    public uint ProtectionOf(uint page) => this[page].Protection != 0 ? this[page].Protection : Protection & ~ModelWords.NoCache;

    /// <summary>The protection as queries show it: rule 11.</summary>
    public uint Show(uint protection) => IsNoCache ? protection | ModelWords.NoCache : protection;
}

/// <summary>The bytes of a file or of a section of the page file, by page.</summary>
internal sealed class ModelFile
{
    private readonly Dictionary<uint, byte[]> _pages = [];

    public long Length;

    public byte[] Page(uint page)
    {
        if (!_pages.TryGetValue(page, out byte[]? bytes)) _pages.Add(page, bytes = new byte[4096]);
        return bytes;
    }

    public byte this[long offset]
    {
        get => Page((uint)(offset >> 12))[(int)(offset & 0xFFF)];
        set => Page((uint)(offset >> 12))[(int)(offset & 0xFFF)] = value;
    }

    /// <summary>Sets the length. Bytes beyond the end are gone, and new bytes are zeros.</summary>
    public void SetLength(long length)
    {
        long from = Math.Min(length, Length), until = (Math.Max(length, Length) + 0xFFF) & ~0xFFFL;
        for (long offset = from; offset < until; offset++)
            if (_pages.ContainsKey((uint)(offset >> 12))) this[offset] = 0;
        Length = length;
    }
}

/// <summary>A section: rule 14.</summary>
internal sealed class ModelSection
{
    public required ModelFile File;
    public required long Length;
    public required uint Protection, Flags;
    public bool IsOfFile;
    public string? Name;
    public int Handles, Views;
    public HashSet<uint>? Committed;    // of a SEC_RESERVE section
    public ModelImage? Image;
    public ModelFile? ImageFile;    // whose parts the image's pages are

    public bool IsAlive => Handles + Views > 0;
    public bool IsCommitted(uint page) => Committed is null || Committed.Contains(page);
}

/// <summary>A handle: a section with rights.</summary>
internal sealed record ModelHandle(ModelSection Section, uint Access);

/// <summary>An open file.</summary>
internal sealed record ModelOpenFile(ModelFile File, uint Access);
