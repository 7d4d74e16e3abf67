using Paging.Core;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Pfn;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Tests;

/// <summary>An audit that cannot fail is worth nothing: each rule of the Windows side is broken by hand, and the audit names it.</summary>
public sealed class AuditTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;
    private readonly VirtualAddress _private, _watched, _view;

    public AuditTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("broken");
        VirtualMemory memory = _process.Memory;
        Succeeds(memory.VirtualAlloc(default, 0x4000, ReserveAndCommit, PageProtection.ReadWrite, out _private));
        Succeeds(memory.VirtualAlloc(
            default, 0x4000, ReserveAndCommit | AllocationTypes.WriteWatch, PageProtection.ReadWrite, out _watched));
        Succeeds(_process.Sections.CreateFileMapping(
            null, PageProtection.ReadWrite, SectionFlags.Commit, 0x3000, null, out SectionHandle handle));
        Succeeds(_process.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0, default, out _view));
        foreach (VirtualAddress at in (VirtualAddress[])[_private, _watched, _view]) Assert.True(_process.Access.TryWrite(at, 1, out _));
        Succeeds(memory.VirtualLock(_private, 0x1000));
        Assert.True(_engine.Audit().IsClean);
        Assert.True(_machine.Audit().IsClean);
    }

    private WindowsSpace Space => _process.Space;

    public void Dispose()
    {
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void E9NamesAFrameThatIsAnotherPages() => Breaks("E9", () => DescriptorAt(_private).Index++);

    [Fact]
    public void P4NamesAnEntryThatLeadsBeyondRam()
    {
        PageTableEntry right = Space.Space.Tables.Read(_private.Page);
        Breaks("P4", () => Space.Space.Tables.Replace(_private.Page, SlotAt(_private), new(0xFFFF_F067)));
        Space.Space.Tables.Replace(_private.Page, SlotAt(_private), right);    // or the end of the process would break P4, too
    }

    [Fact]
    public void I2NamesAChargeThatNoRecountGives() => Breaks("I2", () => Space.CommitCharge++);

    [Fact]
    public void I3NamesAViewThatBelievesItIsPrivate()
    {
        Breaks("I3", () => VadAt(_private).View = VadAt(_view).View);
        VadAt(_private).View = 0;    // or the end of the process would free the view's record twice
    }

    [Fact]
    public void I4NamesAnAreaThatDisagrees() =>
        Breaks("I4", () => _machine.Parts.ViewRecords[VadAt(_view).View].PageOffset = new(1));

    [Fact]
    public void I5NamesASectionThatIsChargedForMore() => Breaks("I5", () => Section.File.AddCharge(1));

    [Fact]
    public void I6NamesAHandleTooMany() => Breaks("I6", () => Section.HandleCount++);

    [Fact]
    public void I7NamesAWordOutsideEveryAllocation() =>
        Breaks("I7", () => Space.Space.Tables.Replace(_private.Page, SlotAt(_private), new(0x0000_0002)));

    [Fact]
    public void I8NamesAnEntryOfAnotherPageOfTheSection() => Breaks("I8", () => DescriptorAt(_view).Index++);

    [Fact]
    public void I9NamesAWriteThatWouldGoUnnoted() => Breaks("I9", () => Space.Written!.Clear(_watched.Page.Value, 1));

    [Fact]
    public void I10NamesAMoveThatTheTableForbids()
    {
        InvariantException thrown = Assert.Throws<InvariantException>(() =>
            _machine.Parts.Pfn.Note(new(7), Pfn.PageLocation.Modified, Pfn.PageLocation.Standby));
        Assert.StartsWith("I10", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void I11NamesAStandbyFrameThatHasBecomeDirty()
    {
        Assert.True(_process.Access.TryRead(_private + 0x1000, out int _, out _));
        FrameNumber frame = Space.Space.Tables.Read((_private + 0x1000).Page).Frame;
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Breaks("I11", () => _engine.Parts.Machine.Frames[frame].Flags |= Core.Frames.PageFlags.Dirty);
    }

    [Fact]
    public void I12NamesACacheViewThatStaysActive()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("cached", 0x1000);
        Breaks("I12", () => _machine.Cache.Views.Acquire(file.Object, 0));
    }

    private SectionObject Section => _machine.Parts.Sections.Alive.Single(section => section != _machine.UserData.Section);

    private void Breaks(string rule, Action damage)
    {
        damage();
        AuditReport engine = _engine.Audit(), machine = _machine.Audit();
        Assert.True(engine.Names(rule) || machine.Names(rule), $"expected {rule}, found: {engine}, {machine}");
    }

    private ref Vad VadAt(VirtualAddress address) => ref Space.Vads[Space.Vads.Covering(address.Page)];

    private EntrySlot SlotAt(VirtualAddress address) => Space.Space.Tables.SlotOf(address.Page);

    private ref FrameDescriptor DescriptorAt(VirtualAddress address) =>
        ref _engine.Parts.Machine.Frames[Space.Space.Tables.Read(address.Page).Frame];

    private static void Succeeds(Win32Error error) => Assert.Equal(Win32Error.Success, error);
}
