using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Entries;
using Paging.Windows.Images;

namespace Paging.Windows.Sections;

//   handles ──► SectionObject ──► open file ──► FileObject ──► page cache: page → frame ─┐   one cache for views of Windows,
//   views ────►    │                                └────────► swap:       page → slot   │   mappings of Linux, read and write
//                  └ Committed: page → bit (SEC_RESERVE)                                 ▼
//                                                                       a prototype PTE is composed of the three when it is read
/// <summary>Memory that can be mapped: a file's, or that of the page file. Section object, segment and control area in one.</summary>
/// <remarks>
/// It lives as long as it has a handle or a view. Objects are recycled. Two sections of one file lead to one file object, and so to the
/// same frames. Windows: SECTION, SEGMENT, CONTROL_AREA with its prototype PTEs; decision 0023 explains why the cache takes their place.
/// </remarks>
internal sealed class SectionObject(uint number)
{
    /// <summary>The section's place in the table.</summary>
    public uint Number { get; } = number;

    /// <summary>The open file through which it holds its object.</summary>
    public OpenFileIndex Open { get; private set; }

    /// <summary>The object whose cached pages are the section's.</summary>
    public FileObject File { get; private set; } = null!;

    /// <summary>The size in bytes: exact for a file, whole pages for the page file.</summary>
    public long ByteLength { get; private set; }

    /// <summary>The protection that it was made with.</summary>
    public PageProtection Protection { get; private set; }

    /// <summary>SEC_FILE, SEC_COMMIT or SEC_RESERVE; with SEC_NOCACHE.</summary>
    public SectionFlags Flags { get; private set; }

    /// <summary>The name, if it has one and a handle.</summary>
    public string? Name { get; set; }

    /// <summary>Handles of all processes.</summary>
    public uint HandleCount { get; set; }

    /// <summary>Views of all processes.</summary>
    public uint ViewCount { get; set; }

    /// <summary>I5: the committed pages of a SEC_RESERVE section; null in other sections, which are committed as a whole.</summary>
    public PageBitmap? Committed { get; private set; }

    /// <summary>The parsed headers of an image section; null in other sections.</summary>
    public PeImage? Image { get; private set; }

    /// <summary>Of an image section: the file that the image was read from.</summary>
    public FileObject? ImageFile { get; private set; }

    /// <summary>True if it is in use.</summary>
    public bool IsAlive => Open.IsSome;

    /// <summary>A file is after it.</summary>
    public bool IsOfFile => (Flags & SectionFlags.File) != 0;

    /// <summary>The pages that have a byte of the section.</summary>
    public ulong PageCount => ((ulong)ByteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;

    /// <summary>Returns true if a page is committed.</summary>
    public bool IsCommitted(uint page) => Committed is null || Committed.Has(page);

    /// <summary>True if the section's protection allows the accesses that a view requests.</summary>
    public bool Grants(ProtectionCode view) =>
        ProtectionCode.TryFrom(Protection, out ProtectionCode own) && view.IsContainedIn(own);

    public void Begin(OpenFileIndex open, FileObject file, long byteLength, PageProtection protection, SectionFlags flags,
        PageBitmap? committed)
    {
        (Open, File, ByteLength, Protection, Flags, Committed) = (open, file, byteLength, protection, flags, committed);
        (Name, HandleCount, ViewCount) = (null, 0, 0);
    }

    public void SetImage(PeImage image, FileObject file) => (Image, ImageFile) = (image, file);

    public void End()
    {
        (Image, ImageFile) = (null, null);
        Committed?.Dispose();
        Committed = null;
        Open = OpenFileIndex.None;
        File = null!;
    }
}
