using Paging.Core.Faults;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Code is fetched where the page tables allow it; on request only from areas with the right to execute.</summary>
public sealed class FetchTests
{
    private const MemoryProtection Code = MemoryProtection.Read | MemoryProtection.Execute;

    private static EngineOptions ByAreas => World.Options() with { FetchRights = FetchRights.Areas };

    /// <summary>A classic entry has no NX, so code on a stack runs, as on an i386 without PAE. Intel SDM volume 3A, 4.6.1.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, FetchRights.Tables, true)]
    [InlineData(TableFormat.Classic, FetchRights.Areas, false)]
    [InlineData(TableFormat.Pae, FetchRights.Tables, false)]
    [InlineData(TableFormat.Pae, FetchRights.Areas, false)]
    public void ClassicTablesLetCodeOnTheStackRun(TableFormat tables, FetchRights rights, bool runs)
    {
        using World world = new(World.Options() with { Tables = tables, FetchRights = rights });
        world.Map(0, 2);
        world.Mmu.Write(World.At(0, 4094), 0x44332211u);
        FetchWindow window = new(world.Mmu);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(runs, world.Mmu.TryFetch(World.At(0, 4094), out uint code, out MemoryFault fault));
            Assert.Equal((runs ? 0x44332211u : 0, runs ? MemoryFaultKind.None : MemoryFaultKind.NotAllowed), (code, fault.Kind));
            Assert.Equal(runs, window.TryFetch(World.At(0, 4092), out code, out _));
            Assert.Equal(runs ? 0x22110000u : 0, code);
        }
    }

    /// <summary>Without NX the processor reports a fetch as a read: a missing page is filled, and what cannot be read is refused.</summary>
    [Fact]
    public void AFetchThroughClassicTablesIsARead()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.True(world.Mmu.TryFetch(World.At(0), out uint code, out _));
        Assert.Equal((0u, 1L), (code, world.Memory.Faults.Minor));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.None));
        FetchWindow window = new(world.Mmu);
        Assert.False(window.TryFetch(World.At(0), out code, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(0)), fault);
        Assert.False(world.Mmu.TryFetch(World.At(1), out code, out fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(1)), fault);
        world.Map(800, 1, MemoryProtection.ReadWrite, MapFlags.GrowsDown);
        Assert.True(world.Mmu.TryFetch(World.At(799), out code, out _));
        Assert.Equal("0-1 ---p, 799-801 rw-p", World.AreasOf(world.First));
    }

    [Fact]
    public void TheAreaDecides()
    {
        using World world = new(ByAreas);
        world.Map(0, 2);
        world.Mmu.Write(World.At(0), 0x11223344u);
        Assert.False(world.Mmu.TryFetch(World.At(0), out uint code, out MemoryFault fault));
        Assert.Equal((0u, new(MemoryFaultKind.NotAllowed, World.At(0))), (code, fault));
        Assert.False(CodeFetches.MayExecute(world.Memory.Space, World.At(0)));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(1), Code));
        Assert.True(world.Mmu.TryFetch(World.At(0), out code, out fault));
        Assert.Equal((0x11223344u, MemoryFault.None), (code, fault));
        Assert.True(CodeFetches.MayExecute(world.Memory.Space, World.At(0, 4095)));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.ReadWrite));
        Assert.False(world.Mmu.TryFetch(World.At(0), out code, out _));
        Assert.False(world.Mmu.TryFetch(World.At(2), out code, out fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(2)), fault);
        Assert.False(CodeFetches.MayExecute(world.Memory.Space, World.At(2)));
    }

    [Fact]
    public void AFetchAcrossAPageNeedsBothRights()
    {
        using World world = new(ByAreas);
        world.Map(0, 1, Code | MemoryProtection.Write);
        world.Map(1, 1);
        world.Mmu.Write(World.At(0, 4094), 0x44332211u);
        Assert.False(world.Mmu.TryFetch(World.At(0, 4094), out uint code, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(1)), fault);
        World.Succeeds(world.Memory.Protect(World.At(1), World.Bytes(1), Code));
        world.Mmu.InvalidateAll();
        Assert.True(world.Mmu.TryFetch(World.At(0, 4094), out code, out _));
        Assert.Equal(0x44332211u, code);
    }

    /// <summary>Across a border into a hole; and below a stack, which grows before its rights are looked at.</summary>
    /// <remarks>Linux: do_user_addr_fault, lock_mm_and_find_vma before access_error.</remarks>
    [Fact]
    public void AFetchIntoAHoleOrAStackIsRefused()
    {
        using World world = new(ByAreas);
        world.Map(0, 1, Code | MemoryProtection.Write);
        world.Map(800, 1, MemoryProtection.ReadWrite, MapFlags.GrowsDown);
        Assert.False(world.Mmu.TryFetch(World.At(0, 4093), out uint code, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(1)), fault);
        Assert.False(world.Mmu.TryFetch(World.At(799, 4092), out code, out fault));
        Assert.Equal(new MemoryFault(MemoryFaultKind.NotAllowed, World.At(799, 4092)), fault);
        Assert.Equal("0-1 rwxp, 799-801 rw-p", World.AreasOf(world.First));
        Assert.False(world.Mmu.TryFetch(World.At(798, 4094), out code, out fault));    // from the gap into the stack: it grows first
        Assert.Equal((0u, new(MemoryFaultKind.NotAllowed, World.At(798, 4094))), (code, fault));
        Assert.Equal("0-1 rwxp, 798-801 rw-p", World.AreasOf(world.First));
        world.Map(1, 1, Code | MemoryProtection.Write);
        world.Mmu.Write(World.At(0, 4093), 0x8877665544332211ul);
        for (int offset = 4089; offset <= 4096; offset++)
        {
            Assert.True(world.Mmu.TryFetch(World.At(0, offset), out ulong eight, out _));
            Assert.Equal(world.Mmu.Read<ulong>(World.At(0, offset)), eight);
            world.Mmu.InvalidateAll();
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFirstFetchIsAPageFaultOfItsOwn()
    {
        using World world = new(ByAreas);
        world.Map(0, 1, Code);
        Assert.True(world.Mmu.TryFetch(World.At(0), out ulong code, out _));
        Assert.Equal(0ul, code);
        Assert.Equal(1, world.Memory.Faults.Minor);
        world.Map(1, 1);
        Assert.False(world.Mmu.TryFetch(World.At(1), out code, out _));
        Assert.Equal(1, world.Memory.Faults.Minor);    // refused before anything was filled
    }

    [Fact]
    public void ADeviceIsAskedForCode()
    {
        using World world = new();
        RecordingDevice device = new();
        using GuestFile file = world.Engine.Files.CreateDevice("rom", device, RecordingDevice.ByteLength);
        world.MapFile(world.Open(file), 0, 4, type: MapFlags.Shared, protection: Code);
        device.Bytes[8] = 0x90;
        Assert.True(world.Mmu.TryFetch(World.At(0, 8), out uint code, out _));
        Assert.Equal(0x90u, code);
        Assert.Equal("F4@8", device.Take());
        Assert.Equal(0x90, world.Mmu.Read<byte>(World.At(0, 8)));
        Assert.Equal("L1@8", device.Take());
        byte[] copied = new byte[4];
        Assert.Equal(4, world.Mmu.CopyOut(World.At(0, 8), copied, out _));
        Assert.Equal(0x90u, BitConverter.ToUInt32(copied));
        Assert.Equal("L4@8", device.Take());
        using GuestFile plain = world.Engine.Files.CreateDevice("plain", new Plain(), RecordingDevice.ByteLength);
        world.MapFile(world.Open(plain), 10, 4, type: MapFlags.Shared, protection: Code);
        Assert.True(world.Mmu.TryFetch(World.At(10, 8), out code, out _));
        Assert.Equal(8u, code);    // by the default, a fetch is a load
    }

    private sealed class Plain : IMemoryDevice
    {
        public ulong Load(ulong offset, int byteLength) => offset;

        public void Store(ulong offset, int byteLength, ulong value) { }
    }

    [Fact]
    public void FetchingAllocatesNothing()
    {
        using World world = new();
        world.Map(0, 8, Code);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (i % 100 == 0) world.Mmu.InvalidateAll();
                if (!world.Mmu.TryFetch(World.At(i % 8), out uint _, out _)) Assert.Fail("Not fetched.");
            }
        }));
    }
}
