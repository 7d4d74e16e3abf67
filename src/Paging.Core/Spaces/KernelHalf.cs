using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>The upper gigabyte, the same in every process, unless it has all 4 GiB: maps RAM there, for supervisors only.</summary>
/// <remarks><code>
///   0xC0000000 ├ 4 MB ┼ 4 MB ┼ … ┼ 4 MB ┼ 4 KB…┤      large global pages (PAE: of 2 MB); the rest of RAM is mapped by one shared table
///              frame 0  1024   …                      at most 896 MiB, as on Linux ("low memory")
/// </code>
/// Entries are accessed and dirty from the start, so that all directories stay equal.
/// Linux: arch/x86/mm/init_32.c kernel_physical_mapping_init.</remarks>
internal sealed class KernelHalf
{
    private const PageAccess Access = PageAccess.Write | PageAccess.Global;    // global: a switch of processes keeps the translations

    private readonly PageDirectoryEntry[] _entries;

    /// <summary>Computes the entries. Allocates one frame for the shared table if RAM is not a multiple of a large page.</summary>
    /// <exception cref="InvalidOperationException">RAM is too small for the shared table.</exception>
    public KernelHalf(PhysicalMemory ram, FrameTable frames, BuddyAllocator allocator, TableFormat format)
    {
        bool isWide = format == TableFormat.Pae;
        uint framesOfLargePage = isWide ? 512u : 1024, mapped = Math.Min(ram.FrameCount.Value, MemoryZones.HighStart);
        uint large = mapped / framesOfLargePage;
        uint rest = mapped % framesOfLargePage;
        _entries = new PageDirectoryEntry[large + (rest == 0 ? 0 : 1)];
        for (uint i = 0; i < large; i++)
            _entries[i] = PageDirectoryEntry.ForPiece(format,
                PageTableEntry.Map(new(i * framesOfLargePage), Access).WithAccessed().WithDirty());
        if (rest == 0) return;

        if (!allocator.TryAllocateLow(FrameState.Kernel, out FrameNumber table))
            throw new InvalidOperationException("RAM is too small for the page table of the kernel half.");
        ram.Clear(table);
        Span<uint> words = ram.Words(table);
        for (uint i = 0; i < rest; i++)
        {
            PageTableEntry entry = PageTableEntry.Map(new((large * framesOfLargePage) + i), Access).WithAccessed().WithDirty();
            words[(int)(isWide ? i * 2 : i)] = (uint)entry.Word;    // low memory: the upper half of eight bytes is zero
        }

        _entries[large] = PageDirectoryEntry.ForTable(table).WithoutUser().WithAccessed();
        Table = table;
        frames[table].Owner = 0;
    }

    /// <summary>The shared table for the last frames of RAM, or frame 0 if none is needed.</summary>
    public FrameNumber Table { get; }

    /// <summary>The address of a frame in the kernel half. Linux: __va.</summary>
    public static VirtualAddress AddressOf(FrameNumber frame) => (PageNumber.FirstKernel + new PageCount(frame.Value)).Address;

    public void InstallIn(PageTables tables) => tables.SetKernelEntries(_entries);

    /// <summary>Audits K1: the upper quarter of every directory with a kernel half holds these entries and no others.</summary>
    public void Audit(PageTables tables, AuditReport report)
    {
        if (tables.End != PageNumber.FirstKernel) return;    // the user's entries: P2 to P8 hold for them
        int first = tables.IndexOf(PageNumber.FirstKernel);
        for (int i = first; i <= tables.IndexOf(new(PageCount.AddressSpace.Value - 1)); i++)
        {
            PageDirectoryEntry expected = i - first < _entries.Length ? _entries[i - first] : default;
            PageDirectoryEntry found = tables.ReadUpper(i);
            if (found == expected) continue;
            report.Add("K1", $"directory {tables.Directory} entry {i} is {found.Word:x8}, expected {expected.Word:x8}");
        }
    }
}
