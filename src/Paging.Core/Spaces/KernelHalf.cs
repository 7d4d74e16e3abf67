using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The upper gigabyte, the same in every process: RAM from 0xC0000000 on, for supervisors only.</summary>
/// <remarks><code>
///   0xC0000000 ├ 4 MB ┼ 4 MB ┼ … ┼ 4 MB ┼ 4 KB…┤      large global pages; what is left of RAM goes through one shared table
///              frame 0  1024   …                      at most 896 MiB, as on Linux ("low memory")
/// </code>Linux: arch/x86/mm/init_32.c kernel_physical_mapping_init. Entries are born accessed and dirty, so that no two directories ever differ.</remarks>
internal sealed class KernelHalf
{
    private const uint FramesMax = 896 << 8;
    private const uint FramesOfLargePage = 1024;
    private const PageAccess Access = PageAccess.Write | PageAccess.Global;

    private readonly PageDirectoryEntry[] _entries;

    /// <summary>Takes one frame for the shared table where RAM is not a multiple of 4 MiB.</summary>
    public KernelHalf(PhysicalMemory ram, FrameTable frames, BuddyAllocator allocator)
    {
        uint mapped = Math.Min(ram.FrameCount.Value, FramesMax);
        uint large = mapped / FramesOfLargePage;
        uint rest = mapped % FramesOfLargePage;
        _entries = new PageDirectoryEntry[large + (rest == 0 ? 0 : 1)];
        for (uint i = 0; i < large; i++)
            _entries[i] = PageDirectoryEntry.ForLargePage(new(i * FramesOfLargePage), Access).WithAccessed().WithDirty();
        if (rest == 0) return;

        if (!allocator.TryAllocate(FrameState.Kernel, out FrameNumber table)) throw new InvalidOperationException("RAM is too small for the kernel's table.");
        ram.Clear(table);
        Span<uint> words = ram.Words(table);
        for (uint i = 0; i < rest; i++)
            words[(int)i] = PageTableEntry.Map(new((large * FramesOfLargePage) + i), Access).WithAccessed().WithDirty().Word;
        _entries[large] = PageDirectoryEntry.ForTable(table).WithoutUser().WithAccessed();
        Table = table;
        frames[table].Owner = 0;
    }

    /// <summary>The shared table for the last frames of RAM; frame 0 where there is none.</summary>
    public FrameNumber Table { get; }

    /// <summary>Where a frame is seen from the kernel half. Linux: __va.</summary>
    public static VirtualAddress AddressOf(FrameNumber frame) => new((frame.Value << 12) + 0xC000_0000);

    public void InstallIn(PageTables tables)
    {
        for (int i = 0; i < _entries.Length; i++) tables.SetKernelEntry(PageNumber.FirstKernel.DirectoryIndex + i, _entries[i]);
    }

    /// <summary>K1: every directory holds these entries and no others in its upper quarter.</summary>
    public void Audit(PageTables tables, AuditReport report)
    {
        int first = PageNumber.FirstKernel.DirectoryIndex;
        for (int i = first; i < 1024; i++)
        {
            PageDirectoryEntry expected = i - first < _entries.Length ? _entries[i - first] : default;
            if (tables.ReadUpper(i) != expected) report.Add("K1", $"directory {tables.Directory} entry {i} is {tables.ReadUpper(i).Word:x8}, expected {expected.Word:x8}");
        }
    }
}
