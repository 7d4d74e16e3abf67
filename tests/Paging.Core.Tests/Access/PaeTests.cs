using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Differences of an engine with PAE tables from one with classic tables.</summary>
public sealed class PaeTests : IDisposable
{
    private const MapFlags PrivateMemory = MapFlags.Private | MapFlags.Anonymous;
    private const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;

    private readonly PagingEngine _engine = new(new EngineOptions { Tables = TableFormat.Pae, RamBytes = 16 << 20 });
    private readonly UserProcess _process;

    public PaeTests() => _process = _engine.CreateProcess("pae");

    public void Dispose() => _engine.Dispose();

    private VirtualAddress Map(MemoryProtection protection, uint byteLength = 0x4000)
    {
        Assert.Equal(Errno.None, _process.Memory.Map(default, byteLength, protection, PrivateMemory, out VirtualAddress at));
        return at;
    }

    private PageTableEntry EntryAt(VirtualAddress address) => _process.Memory.Space.Tables.Read(address.Page);

    private void AssertClean() => Assert.True(_engine.Audit().IsClean, _engine.Audit().ToString());

    [Fact]
    public void EntriesHaveNxExactlyWhereTheAreaMayNotBeExecuted()
    {
        VirtualAddress data = Map(ReadWrite), code = Map(ReadWrite | MemoryProtection.Execute);
        _process.Memory.Mmu.Write(data, 1);
        _process.Memory.Mmu.Write(code, 1);
        _ = _process.Memory.Mmu.Read<int>(data + 0x1000);
        _ = _process.Memory.Mmu.Read<int>(code + 0x1000);
        Assert.True(EntryAt(data).IsNoExecute && EntryAt(data + 0x1000).IsNoExecute);
        Assert.False(EntryAt(code).IsNoExecute || EntryAt(code + 0x1000).IsNoExecute);
        AssertClean();
    }

    [Fact]
    public void ProtectMovesNxAndAForkCopiesIt()
    {
        VirtualAddress data = Map(ReadWrite);
        _process.Memory.Mmu.Write(data, 1);
        Assert.Equal(Errno.None, _process.Memory.Protect(data, 0x1000, ReadWrite | MemoryProtection.Execute));
        Assert.False(EntryAt(data).IsNoExecute);
        Assert.Equal(Errno.None, _process.Memory.Protect(data, 0x1000, MemoryProtection.Read));
        Assert.True(EntryAt(data).IsNoExecute);
        Assert.Equal(Errno.None, _process.Fork(out UserProcess? child));
        Assert.True(child!.Memory.Space.Tables.Read(data.Page).IsNoExecute);
        AssertClean();
    }

    [Fact]
    public void AFetchFromDataIsRefusedAndOneFromCodeIsResolved()
    {
        const PageFaultErrorCode fetch = PageFaultErrorCode.User | PageFaultErrorCode.InstructionFetch;
        VirtualAddress data = Map(ReadWrite), code = Map(MemoryProtection.Read | MemoryProtection.Execute);
        _process.Memory.Mmu.Write(data, 1);
        Assert.Equal(MemoryFaultKind.NotAllowed, _process.Memory.Mmu.ResolveFault(data, fetch | PageFaultErrorCode.Protection).Kind);
        Assert.Equal(MemoryFaultKind.NotAllowed, _process.Memory.Mmu.ResolveFault(data + 0x1000, fetch).Kind);
        Assert.Equal(MemoryFaultKind.None, _process.Memory.Mmu.ResolveFault(code, fetch).Kind);
        Mmu mmu = _process.Memory.Mmu;
        foreach (PageFaultErrorCode other in (PageFaultErrorCode[])[PageFaultErrorCode.None, PageFaultErrorCode.Protection,
            PageFaultErrorCode.Write, PageFaultErrorCode.Write | PageFaultErrorCode.Protection])
        {
            Assert.Equal(MemoryFault.None, mmu.ResolveFault(data, other | PageFaultErrorCode.User));    // not a fetch, so NX does not apply
            Assert.Equal(MemoryFault.None, mmu.ResolveFault(data + 0x2000, other | PageFaultErrorCode.User));
        }

        Assert.Equal(new(MemoryFaultKind.NotAllowed, code), mmu.ResolveFault(code, PageFaultErrorCode.User | PageFaultErrorCode.Write));
        Assert.Equal(MemoryFault.None, mmu.ResolveFault(code, PageFaultErrorCode.User));
        WalkResult walk = PaeWalker.Walk(
            _engine.Ram, _process.Memory.PrepareWalk(), data, AccessKind.Fetch, ProcessorMode.User);
        Assert.Equal(fetch | PageFaultErrorCode.Protection, walk.ErrorCode);
    }

    [Fact]
    public void SnapshotsGoBackOverTablesOfTwoMegabytes()
    {
        VirtualAddress at = Map(ReadWrite, 8 << 20);
        for (uint i = 0; i < 16; i++) _process.Memory.Mmu.Write(at + (i << 19), i);
        Snapshot first = _process.TakeSnapshot();
        for (uint i = 0; i < 16; i++) _process.Memory.Mmu.Write(at + (i << 19), ~i);
        Snapshot second = _process.TakeSnapshot();
        _process.Memory.Mmu.Write(at, 77);
        AssertClean();
        first.Restore();
        for (uint i = 0; i < 16; i++) Assert.Equal(i, _process.Memory.Mmu.Read<uint>(at + (i << 19)));
        AssertClean();
        second.Restore();
        for (uint i = 0; i < 16; i++) Assert.Equal(~i, _process.Memory.Mmu.Read<uint>(at + (i << 19)));
        AssertClean();
    }

    [Fact]
    public void AReservedBitThatAHostSetsIsABusErrorAndNoLoop()
    {
        VirtualAddress at = Map(ReadWrite);
        _process.Memory.Mmu.Write(at, 1);
        EntrySlot slot = _process.Memory.Space.Tables.SlotOf(at.Page);
        slot.Set(slot.Word | (1ul << 40));
        _process.Memory.Mmu.InvalidateAll();
        Assert.False(_process.Memory.Mmu.TryRead(at, out int _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
    }

    /// <summary>A host may write any value into PAE tables: no access leaves RAM. With checks on, the engine may throw instead.</summary>
    [Theory]
    [InlineData(0xF_FFFF_F067ul)]              // the highest frame that an entry can name
    [InlineData(0x8000_000F_FFFF_F267ul)]
    [InlineData(0x0000_0008_0000_0025ul)]      // beyond 4 GiB
    [InlineData(0x7FFF_0000_0010_0067ul)]      // reserved bits
    [InlineData(0x7FFF_FFFF_FFFF_FFFEul)]      // not present: no slot of any device
    [InlineData(0x0004_0000_0000_0002ul)]
    public void AnEntryThatAHostWroteBreaksNothing(ulong word)
    {
        VirtualAddress at = Map(ReadWrite, 16 << 12);
        for (uint page = 0; page < 16; page++) _process.Memory.Mmu.Write(at + (page << 12), page);
        for (uint page = 0; page < 16; page++) _process.Memory.Space.Tables.SlotOf((at + (page << 12)).Page).Set(word);
        _process.Memory.Mmu.InvalidateAll();
        Exception? thrown = Record.Exception(() =>
        {
            for (uint page = 0; page < 16; page++)
            {
                _process.Memory.Mmu.TryRead(at + (page << 12), out int _);
                _process.Memory.Mmu.TryWrite(at + (page << 12), 1);
                _process.Memory.ReadPagemap((at + (page << 12)).Page);
            }

            _ = _process.Memory.Footprint;
            _ = _process.Fork(out _);
            _process.Memory.Protect(at, 8 << 12, MemoryProtection.Read);
            _process.Memory.Remap(at, 8 << 12, 32 << 12, RemapFlags.MayMove, out _);
            _process.Memory.Unmap(at, 16 << 12);
            _process.Dispose();
        });
        if (thrown is not null) Assert.True(Check.Cheap && thrown is InvariantException, thrown.ToString());
    }

    [Fact]
    public void APointerTableThatIsDamagedIsNamed()
    {
        _engine.Ram.Words(_process.Memory.PrepareWalk())[0] ^= 0x1000;
        Assert.Contains("P1", _engine.Audit().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnEntryWithAnotherNxThanItsAreaIsNamed()
    {
        VirtualAddress at = Map(ReadWrite);
        _process.Memory.Mmu.Write(at, 1);
        EntrySlot slot = _process.Memory.Space.Tables.SlotOf(at.Page);
        slot.Set(slot.Word & ~(1ul << 63));
        Assert.Contains("E2", _engine.Audit().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressSpaceTakesFiveFramesAndGivesThemBack()
    {
        long free = _engine.Parts.Machine.Allocator.FreeFrames.Value;
        UserProcess other = _engine.CreateProcess("other");
        Assert.Equal(free - 5, _engine.Parts.Machine.Allocator.FreeFrames.Value);
        other.Dispose();
        Assert.Equal(free, _engine.Parts.Machine.Allocator.FreeFrames.Value);
        AssertClean();
    }
}
