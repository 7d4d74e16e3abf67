using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Another system with entries like those of Linux, which is asked for nothing else.</summary>
internal sealed class EmptyForeignSpace : IForeignSpace
{
    public uint SlotCountMax => SwapEntry.ClassicSlotCountMax;
    public IEnumerable<AreaIndex> Views => [];

    public SwapEntry SlotOf(PageTableEntry word) => SwapEntry.From(word);

    public FrameNumber FrameOf(PageTableEntry word) => word.Frame;

    public PageTableEntry WithoutFrame(PageTableEntry entry, SwapEntry slot) => throw new NotSupportedException();

    public AreaFlags FlagsOf(PageNumber page, PageTableEntry entry) => throw new NotSupportedException();

    public MemoryProtection RightsAt(PageNumber page) => MemoryProtection.None;

    public bool IsInUse(PageNumber page) => false;

    public bool CopiesOnWrite(PageNumber page) => false;

    public IEnumerable<AreaSnapshot> Describe() => [];

    public void DropCachedPages(PageRange range) => throw new NotSupportedException();

    public void ProtectCachedPages(PageRange range) => throw new NotSupportedException();

    public void End() => throw new NotSupportedException();

    public long Audit(AuditReport report) => throw new NotSupportedException();
}
