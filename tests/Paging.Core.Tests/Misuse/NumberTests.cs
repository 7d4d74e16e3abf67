using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Numbers that no range covers: each is refused with an error or an exception that names the parameter.</summary>
public sealed class NumberTests
{
    public static TheoryData<uint> PagesBeyondTheAddressSpace => [0x10_0000, 0x10_0001, 0x4000_0000, 0x8000_0000, uint.MaxValue];

    [Theory, MemberData(nameof(PagesBeyondTheAddressSpace))]
    public void APageBeyondFourGigabytesIsNamed(uint number)
    {
        using World world = new();
        world.Map(0, 2);
        PageNumber page = new(number);
        Assert.Equal("page", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.HasOwnPage(page)).ParamName);
        Assert.Equal("page", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.ReadPagemap(page)).ParamName);
        Assert.Equal("page", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.Areas.FootprintAt(page)).ParamName);
        Assert.Equal("range",
            Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.Areas.IsMappedWithin(new(page, new(1)))).ParamName);
        Assert.Equal(Errno.EINVAL, world.Memory.Reserve(new(page, new(1))));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(0x20u, 0xFFFF_FFFFu)]
    [InlineData(0x20u, 0xFFFF_FFE0u)]    // ends at 0 when it wraps
    [InlineData(0xFFFF_FFFFu, 0x21u)]
    [InlineData(0x20u, 0xC_0000u)]
    [InlineData(0xB_FFFFu, 2u)]
    public void ARangeThatWrapsIsNotReserved(uint first, uint count)
    {
        using World world = new();
        PageRange range = new(new(first), new(count));
        Assert.Equal(Errno.EINVAL, world.Memory.Reserve(range));
        world.Map(0, 3);
        world.Touch(2);
        Assert.Equal("0-3 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AStateOfAFrameAndALimitExistOrAreNamed()
    {
        using World world = new();
        Assert.Equal("state", Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Frames.CountOf((FrameState)200)).ParamName);
        Assert.Equal("limit", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.SetLimit((ResourceLimit)99, 0)).ParamName);
        Assert.Equal("limit", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.GetLimit((ResourceLimit)(-1))).ParamName);
        Assert.Equal(ulong.MaxValue, world.Memory.GetLimit(ResourceLimit.AddressSpace));
    }

    /// <summary>The last value of each enumeration and the last page are good, and the next is not.</summary>
    [Fact]
    public void EveryValueThatExistsIsTakenAndTheNextIsNamed()
    {
        using World world = new();
        foreach (TransparentPolicy policy in Enum.GetValues<TransparentPolicy>())
        {
            world.Memory.HugePages.SetPolicy(policy);
            Assert.Equal(policy, world.Memory.HugePages.Policy);
        }

        TransparentPolicy next = Enum.GetValues<TransparentPolicy>().Max() + 1;
        Assert.Equal("policy", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.HugePages.SetPolicy(next)).ParamName);
        Assert.Equal(Enum.GetValues<TransparentPolicy>().Max(), world.Memory.HugePages.Policy);
        foreach (ResourceLimit limit in Enum.GetValues<ResourceLimit>())
        {
            ulong bytes = world.Memory.GetLimit(limit) / 2;
            world.Memory.SetLimit(limit, bytes);
            Assert.Equal(bytes, world.Memory.GetLimit(limit));
        }

        ResourceLimit nextLimit = Enum.GetValues<ResourceLimit>().Max() + 1;
        Assert.Equal("limit", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.GetLimit(nextLimit)).ParamName);
        uint frames = 0;
        foreach (FrameState state in Enum.GetValues<FrameState>()) frames += world.Engine.Frames.CountOf(state).Value;
        Assert.Equal(world.Engine.Ram.FrameCount.Value, frames);
        FrameState nextState = Enum.GetValues<FrameState>().Max() + 1;
        Assert.Equal("state", Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Frames.CountOf(nextState)).ParamName);
        PageNumber last = new(0xF_FFFF);
        Assert.Equal((default, default), (world.Memory.Areas.FootprintAt(last), world.Memory.HugePages.FootprintAt(last)));
        Assert.False(world.Memory.HasOwnPage(last));
        Assert.Equal(default, world.Memory.ReadPagemap(last));
        Assert.Equal("page",
            Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.HugePages.FootprintAt(new(0x10_0000))).ParamName);
        Assert.Equal(0, world.Engine.HugePages.Resize(0).PoolTotal);
        Assert.Equal("count", Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.HugePages.Resize(-1)).ParamName);
    }

    public static TheoryData<ProcessOptions, string> BadProcessOptions { get; } = new()
    {
        { new() { MmapBase = new(0xFFFF_F000) }, "MmapBase" },
        { new() { MmapBase = new(0xC000_1000) }, "MmapBase" },
        { new() { MmapBase = new(0xC000_1000), IsTopDown = false }, "MmapBase" },
        { new() { StartBreak = new(0x0804_A001) }, "StartBreak" },
        { new() { StartBreak = new(0xC000_0000) }, "StartBreak" },
    };

    [Theory, MemberData(nameof(BadProcessOptions))]
    public void AProcessBeginsInTheUserHalf(ProcessOptions options, string name)
    {
        using World world = new();
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => world.Engine.CreateProcess("p", options)).Message,
            StringComparison.Ordinal);
        Assert.Equal(1, world.Engine.ProcessCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AMappingBelowTheHighestBaseLiesInTheUserHalf()
    {
        using World world = new(4, new ProcessOptions { MmapBase = new(0xC000_0000) });
        World.Succeeds(world.Memory.Map(default, 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        Assert.Equal(new(0xBFFF_F000), at);
        world.Mmu.Write(at, 1);
    }

    [Theory]
    [InlineData(0x4_0000u, 4096u, Errno.ENOMEM)]
    [InlineData(0x4_0000u | (22u << 26), 4u << 20, Errno.ENOMEM)]    // what an entry of a classic directory maps
    [InlineData(0x4_0000u | (21u << 26), 2u << 20, Errno.EINVAL)]    // MAP_HUGE_2MB: a size of PAE. Linux: hstate_sizelog
    [InlineData(0x4_0000u | (30u << 26), 1u << 30, Errno.ENOMEM)]
    [InlineData(0x4_0000u | (16u << 26), 1u << 16, Errno.EINVAL)]    // MAP_HUGE_64KB: no such size here
    [InlineData(0x4_0000u, 0u, Errno.EINVAL)]
    public void WithoutReservedHugePagesNoneAreMapped(uint flags, uint byteLength, Errno expected)
    {
        using World world = new();
        MapFlags all = MapFlags.Private | MapFlags.Anonymous | (MapFlags)flags;
        Assert.Equal(expected, world.Memory.Map(World.At(0), byteLength, MemoryProtection.ReadWrite, all, out _));
        int file = world.OpenFile("f", 4);
        Assert.Equal(Errno.EINVAL, world.Memory.Map(
            World.At(0), 4096, MemoryProtection.Read, MapFlags.Private | MapFlags.HugeTlb, file, 0, out _));
        Assert.Equal("", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SizesOfFilesAndStoresHaveLimits()
    {
        using World world = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Files.CreateMemoryFile("f", long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Files.CreateMemoryFile("f", GuestFile.ByteLengthMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Paging.Core.Swap.FileSwapStore("/tmp/never", uint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CodeFrames(new(uint.MaxValue)));
        GuestFile file = world.CreateFile("f", 1);
        Assert.Equal(Errno.EINVAL, file.Read(-1, new byte[1], out _));
        Assert.Equal(Errno.EINVAL, file.Write(long.MinValue, [1], out _));
        Assert.Equal(Errno.EFBIG, file.Write(long.MaxValue, [1], out _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AGroupThatGetsTheNumberOfARemovedOneHasItsOwnLimit()
    {
        using World world = new();
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "old", Limit = new(3) }, out MemoryGroup? old));
        World.Succeeds(world.Engine.Groups.Remove(old!));
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "new" }, out MemoryGroup? next));
        Assert.Throws<ObjectDisposedException>(() => old!.SetLimit(new FrameCount(3)));
        Assert.Equal(Errno.EINVAL, world.Engine.Groups.Remove(old!));
        Assert.Throws<ArgumentException>(() => world.Engine.CreateProcess("p", new() { Group = old }));
        UserProcess process = world.Engine.CreateProcess("p", new() { Group = next });
        World.MapAs(process, 0, 100, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 100; page++) process.Memory.Mmu.Write(World.At(page), page);
        Assert.InRange(next!.Usage.Value, 100u, 105u);
        Assert.Equal(default, old!.Usage);
        world.AssertNothingIsLeft();
    }

    /// <summary>A store without a name would end /proc/swaps.</summary>
    [Fact]
    public void AStoreHasAName() =>
        Assert.Equal("name", Assert.Throws<ArgumentNullException>(static () => new MemorySwapStore(1 << 20, null!)).ParamName);
}
