using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Tests;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Tests;

namespace Paging.Windows.Tests;

/// <summary>
/// A process of Windows beside one of Linux in little RAM: reclaim finds the entries of both, and both see their own words.
/// </summary>
public sealed class ForeignPressureTests
{
    private const int Pages = 300;    // of 512 frames, each

    /// <summary>A page is charged to the group of the process that touches it, not to that of the last caller.</summary>
    [Fact]
    public void APageOfAnotherSystemIsChargedToItsOwnGroup()
    {
        using World world = new();
        World.Succeeds(world.Engine.Groups.Create(new() { Limit = new(100) }, out MemoryGroup? group));
        UserProcess limited = world.Engine.CreateProcess("limited", new() { Group = group });
        World.MapAs(limited, 0, 8, MemoryProtection.ReadWrite, World.PrivateFixed);
        using WindowsMachine machine = WindowsMachine.Of(world.Engine);
        using WindowsProcess windows = machine.CreateProcess("windows");
        const AllocationTypes both = AllocationTypes.Reserve | AllocationTypes.Commit;
        Assert.Equal(Win32Error.Success,
            windows.Memory.VirtualAlloc(default, World.Bytes(8), both, PageProtection.ReadWrite, out VirtualAddress at));
        for (uint page = 0; page < 8; page++)
        {
            limited.Memory.Mmu.Write(World.At((int)page), 1);
            FrameCount own = group!.Usage, others = world.Engine.Groups.All[0].Usage;
            Assert.True(windows.Access.TryWrite(at + (page * 4096), 2, out _));
            Assert.Equal(own, group.Usage);
            Assert.True(world.Engine.Groups.All[0].Usage.Value > others.Value);
        }

        limited.Dispose();
        world.Verify();
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]    // a policy chooses what goes
    public void BothSystemsSeeTheirOwnWords(bool hasPolicy) => Property.ForSeeds(3, seed =>
    {
        Random random = new((int)seed);
        PolicyRecord record = new() { IsHeld = static _ => true };    // a victim that is removed is the locked page, which stays
        using World world = new(World.Options(2) with
        {
            Policy = hasPolicy ? ReclaimPolicy.Of(_ => new RecordedPolicy(record)) : null,
            FaultAroundPages = 1
        });
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? device));
        using WindowsMachine machine = WindowsMachine.Of(world.Engine);
        WindowsProcess windows = machine.CreateProcess("windows");
        world.Map(0, Pages);
        const AllocationTypes both = AllocationTypes.Reserve | AllocationTypes.Commit;
        Assert.Equal(Win32Error.Success,
            windows.Memory.VirtualAlloc(default, World.Bytes(Pages), both, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.Equal(Win32Error.Success, windows.Memory.VirtualLock(at, 4096));
        uint[] words = new uint[Pages], others = new uint[Pages];
        for (int step = 0; step < 3000; step++)
        {
            int page = random.Next(Pages);
            uint value = (uint)random.Next();
            switch (random.Next(8))
            {
                case < 2:
                    world.Mmu.Write(World.At(page), words[page] = value);
                    break;
                case < 5:
                    Assert.True(windows.Access.TryWrite(at + World.Bytes(page), others[page] = value, out _));
                    break;
                case 5:
                    Assert.True(windows.Access.TryRead(at + World.Bytes(page), out uint found, out _));
                    Assert.Equal(others[page], found);
                    break;
                default:
                    Assert.Equal(words[page], world.Mmu.Read<uint>(World.At(page)));
                    break;
            }
        }

        world.Verify();
        Assert.True(world.Engine.Reclaimed.SwapWrites > 0);
        Assert.True(world.Engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out _));    // the other system's process runs on beside it
        snapshot.Dispose();
        world.First.Dispose();
        World.Succeeds(world.Engine.Swap.SwitchOff(device!));
        world.Verify();
        for (int page = 0; page < Pages; page++)
        {
            Assert.True(windows.Access.TryRead(at + World.Bytes(page), out uint found, out _));
            Assert.Equal(others[page], found);
        }

        windows.Dispose();
        world.Verify();
    });

    /// <summary>
    /// An entry of Windows has no bits for the last slots of a large device: a page that is mapped does not go there. One that is not has
    /// no entry to name its slot.
    /// </summary>
    [Fact]
    public void APageGoesOnlyToASlotThatItsEntryCanName()
    {
        using World world = new(World.Options(2));
        using WindowsMachine machine = WindowsMachine.Of(world.Engine);
        WindowsProcess windows = machine.CreateProcess("windows");
        const AllocationTypes both = AllocationTypes.Reserve | AllocationTypes.Commit;
        Assert.Equal(Win32Error.Success, windows.Memory.VirtualAlloc(default, 4096, both, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(windows.Access.TryWrite(at, 5u, out _));
        FrameNumber frame = PrivateFrame(world);
        ReverseMap map = world.Engine.Parts.Files.ReverseMap;
        uint max = (1 << 20) - 1;    // PageFileHigh has 20 bits, and all ones is kept
        ref FrameDescriptor descriptor = ref world.Machine.Frames[frame];
        Assert.True(map.CanName(in descriptor, SwapEntry.ForSlot(0, 0)));
        Assert.True(map.CanName(in descriptor, SwapEntry.ForSlot(0, max - 1)));
        Assert.False(map.CanName(in descriptor, SwapEntry.ForSlot(0, max)));
        Assert.False(map.CanName(in descriptor, SwapEntry.ForSlot(0, max + 1)));
        ulong counts = descriptor.Counts;
        descriptor.MapCount = 0;
        Assert.True(map.CanName(in descriptor, SwapEntry.ForSlot(0, max)));
        descriptor.Counts = counts;
        windows.Dispose();
        world.Verify();
    }

    /// <summary>With only such slots left the page stays where it is, and takes none.</summary>
    [Fact]
    public void APageStaysWhereNoSlotIsLeftThatItsEntryCanName()
    {
        const uint nameable = (1 << 20) - 1;
        using World world = new(World.Options(2));
        World.Succeeds(world.Engine.Swap.SwitchOn(new SmallSwapStore(nameable + 8), out SwapDevice? device));
        for (uint slot = 0; slot < nameable; slot++) device!.TakeWritten(slot);
        using WindowsMachine machine = WindowsMachine.Of(world.Engine);
        WindowsProcess windows = machine.CreateProcess("windows");
        const AllocationTypes both = AllocationTypes.Reserve | AllocationTypes.Commit;
        Assert.Equal(Win32Error.Success, windows.Memory.VirtualAlloc(default, 4096, both, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(windows.Access.TryWrite(at, 5u, out _));
        ReclaimCounters counters = default;
        Assert.Equal(EvictionResult.Activated,
            world.Engine.Parts.Reclaim.Eviction.Evict(PrivateFrame(world), isWritten: true, ref counters));
        Assert.Equal(("nothing", nameable), (counters.ToString(), device!.UsedSlotCount));
        Assert.True(windows.Access.TryRead(at, out uint found, out _));
        Assert.Equal(5u, found);
        windows.Dispose();
        for (uint slot = 0; slot < nameable; slot++) device.DropUser(slot);
        world.Verify();
    }

    private static FrameNumber PrivateFrame(World world)
    {
        FrameTable frames = world.Machine.Frames;
        return new((uint)Enumerable.Range(0, (int)frames.Count.Value).Single(one =>
            frames[new((uint)one)] is { State: FrameState.Anonymous, MapCount: 1 } && SpaceOwner.Is(frames[new((uint)one)].Owner)));
    }
}
