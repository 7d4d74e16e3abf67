using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Processes of machines that are no PC with Linux: page 0, the upper gigabyte, and small address spaces.</summary>
public sealed class BoundsTests
{
    private const MapFlags Anywhere = MapFlags.Private | MapFlags.Anonymous, Fixed = Anywhere | MapFlags.Fixed;

    private static readonly ProcessOptions All = new() { LowestAddress = default(VirtualAddress), HighestAddress = new(0xFFFF_FFFF) };
    private static readonly ProcessOptions Small = new() { LowestAddress = default(VirtualAddress), HighestAddress = new(0xFFFF) };

    public static TheoryData<uint, uint> Windows { get; } = new()
    {
        { 0, 0x2000_0000 },              // page 0 on
        { 0xFFFC_0000, 0x1FFC_0000 },    // up to the last byte of 4 GiB
        { 0xBFFE_0000, 0x1FFE_0000 },    // across the border of a kernel half
        { 0xC000_0000, 0x2000_0000 },
    };

    /// <summary>What a program sees does not depend on where its memory lies: calls, accesses, forks, snapshots, saved processes.</summary>
    [Theory, MemberData(nameof(Windows))]
    public void AWindowBehavesAsTheSameWindowOfLinuxDoes(uint at, uint reference) => Property.ForScripts(Soak.Of(60, 20), 160, script =>
    {
        using ShiftedMachine moved = new(new(at), All), usual = new(new(reference), ProcessOptions.Default);
        foreach (uint word in script)
        {
            string seen = moved.Step(word);
            Assert.Equal(usual.Step(word), seen);
        }

        moved.Verify();
        Assert.Equal(usual.Contents(), moved.Contents());
        moved.Verify();
    });

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AllOf4GiBIsTheProcesssAndNoDirectoryHasAKernelHalf(TableFormat format)
    {
        using World world = new(World.Options() with { Tables = format }, All);
        AddressSpace memory = world.Memory;
        PageTables tables = memory.Space.Tables;
        for (int index = 0; index < tables.IndexOf(new(0xFFFFF)) + 1; index++) Assert.Equal(0ul, tables.ReadUpper(index).Word);
        foreach (uint page in (uint[])[0, 0xBFFFF, 0xC0000, 0xFFFFF])
        {
            memory.MapAnonymous(new PageNumber(page).Address, 4096);
            world.Mmu.Write(new PageNumber(page).Address + 4092, page + 1);
            Assert.Equal(page + 1, world.Mmu.Read<uint>(new PageNumber(page).Address + 4092));
        }

        world.Verify();
        using UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(new(0xFFFF_FFFC), 7u);
        Assert.Equal(0x100000u, world.Mmu.Read<uint>(new(0xFFFF_FFFC)));
        Assert.Equal(7u, child.Memory.Mmu.Read<uint>(new(0xFFFF_FFFC)));
        world.Verify();
    }

    /// <summary>An access across the end of the address space goes on at 0, as a processor's does.</summary>
    [Fact]
    public void AnAccessWrapsAt4GiB()
    {
        using World world = new(4, All);
        world.Memory.MapAnonymous(new(0xFFFF_F000), 4096);
        Assert.False(world.Mmu.TryWrite(new(0xFFFF_FFFE), 0x11223344u, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, default), fault);
        world.Memory.MapAnonymous(default, 4096);
        world.Mmu.Write(new(0xFFFF_FFFE), 0x11223344u);
        Assert.Equal(0x1122, world.Mmu.Read<ushort>(default));
        Assert.Equal(0x11223344u, world.Mmu.Read<uint>(new(0xFFFF_FFFE)));
        Assert.Equal(8u, world.Mmu.Fill(new(0xFFFF_FFFC), 8, 5, out _));
        Assert.Equal(0x05050505u, world.Mmu.Read<uint>(default));
        world.Verify();
    }

    [Fact]
    public void NothingLiesBeyondTheBounds()
    {
        using World world = new(4, new() { LowestAddress = new(0x1_0000), HighestAddress = new(0x3_FFFF) });
        AddressSpace memory = world.Memory;
        Assert.Equal(Errno.EPERM, memory.Map(new(0xF000), 4096, MemoryProtection.Read, Fixed, out _));
        Assert.Equal(Errno.ENOMEM, memory.Map(new(0x4_0000), 4096, MemoryProtection.Read, Fixed, out _));
        Assert.Equal(Errno.ENOMEM, memory.Map(new(0x3_F000), 8192, MemoryProtection.Read, Fixed, out _));
        Assert.Equal(Errno.EINVAL, memory.Unmap(new(0x3_F000), 8192));
        Assert.Equal(Errno.EINVAL, memory.Reserve(new(new(0x3F), new(2))));
        for (uint page = 0x40; page-- > 0x10;) Assert.Equal(new PageNumber(page).Address, memory.MapAnonymous(4096));
        Assert.Equal(Errno.ENOMEM, memory.Map(default, 4096, MemoryProtection.Read, Anywhere, out _));
        Assert.Equal(memory.Break, memory.SetBreak(memory.Break + 4096));
        world.Verify();
    }

    /// <summary>Bounds of a saved process end where 4 GiB do.</summary>
    [Theory]
    [InlineData(0u, 0x10_0000u, true)]
    [InlineData(0u, 0x10_0001u, false)]
    [InlineData(5u, 5u, false)]
    [InlineData(5u, 6u, true)]
    public void SoundBoundsHaveAPageAndEndWith4GiB(uint lowest, uint end, bool isSound) =>
        Assert.Equal(isSound, new SpaceBounds(new(lowest), new(lowest), new(end)).IsSound);

    [Fact]
    public void ABoundIsAnAddressThatCanBeMapped()
    {
        foreach (ProcessOptions options in (ReadOnlySpan<ProcessOptions>)[ProcessOptions.Default, All, Small])
        {
            using World world = new(World.Options(), options);
            VirtualAddress lowest = world.Memory.LowestAddress, highest = world.Memory.HighestAddress;
            Assert.Equal(options.LowestAddress ?? new(0x1000), lowest);
            Assert.Equal(options.HighestAddress ?? new(0xBFFF_FFFF), highest);
            world.Memory.MapAnonymous(lowest, 4096);
            world.Memory.MapAnonymous(highest.Page.Address, 4096);
            world.Mmu.Write(highest, (byte)7);
        }
    }

    /// <summary>A search in marked bytes ends at the last page, and does not begin again at page 0.</summary>
    [Fact]
    public void MarksAreFoundUpToTheLastByte()
    {
        using World world = new(World.Options(), All);
        VirtualAddress first = default, last = new(0xFFFF_F000);
        world.Memory.MapAnonymous(first, 4096);
        world.Memory.MapAnonymous(last, 4096);
        ByteShadow shadow = world.Memory.OpenByteShadow();
        World.Succeeds(shadow.Mark(first, 16, ByteState.Unaddressable));
        World.Succeeds(shadow.Mark(last, 8, ByteState.Uninitialized));
        Assert.False(shadow.TryFind(last + 8, 4088, alsoUninitialized: true, out _));
        Assert.True(shadow.TryFind(last, 4096, alsoUninitialized: true, out VirtualAddress found));
        Assert.Equal(last, found);
        Assert.False(shadow.TryFind(last, 4096, alsoUninitialized: false, out _));
        Assert.True(shadow.TryFind(first, 4096, alsoUninitialized: false, out found));
        Assert.Equal(first, found);
    }

    [Fact]
    public void ASmallMachineHasItsAddressesAndNoMore()
    {
        using World world = new(4, Small);
        Assert.Equal(new(0xF000), world.Memory.MapAnonymous(4096));
        world.Memory.MapAnonymous(default, 0xF000);
        for (uint at = 0; at < 0x1_0000; at += 256) world.Mmu.Write(new(at), (byte)(at >> 8));
        Assert.False(world.Mmu.TryRead(new(0x1_0000), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotMapped, fault.Kind);
        Assert.Equal(0xFFu, world.Mmu.Read<byte>(new(0xFF00)));
        world.Verify();
    }

    /// <summary>An image, a saved process and a fork have the bounds of the process that they come from, and so has a program.</summary>
    [Fact]
    public void BoundsGoWithTheProcess()
    {
        using World world = new(4, All);
        world.Memory.MapAnonymous(new(0xFFFF_0000), 0x1_0000);
        world.Mmu.Write(new(0xFFFF_FFFC), 9u);
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        using MemoryStream stream = new();
        snapshot.Save(stream);
        stream.Position = 0;
        using World other = new();
        foreach (UserProcess process in (UserProcess[])[
            world.First.Fork(), other.Engine.CloneProcess(image), other.Engine.SavedProcesses.Load(stream)])
        {
            Assert.Equal(9u, process.Memory.Mmu.Read<uint>(new(0xFFFF_FFFC)));
            process.Memory.Mmu.Write(new(0xFFFF_FFFC), 10u);
            Assert.Equal(Errno.None, process.ReplaceMemory("next", isTopDown: true, new(0x100000)));
            Assert.Equal(new(0xFFFF_F000), process.Memory.MapAnonymous(4096));
            process.Memory.MapAnonymous(default, 4096);
            process.Memory.Mmu.Write(default, 1);
            process.Dispose();
        }

        other.Verify();
        Assert.Equal(9u, world.Mmu.Read<uint>(new(0xFFFF_FFFC)));
        world.Verify();
    }

    /// <summary>A space is used again by a process with other bounds.</summary>
    [Fact]
    public void ASlotForgetsTheBoundsOfTheProcessBefore()
    {
        using World world = new();
        for (int i = 0; i < 4; i++)
        {
            using UserProcess process = world.Engine.CreateProcess("p", i % 2 == 0 ? All : ProcessOptions.Default);
            Errno error = process.Memory.Map(new(0xC000_0000), 4096, MemoryProtection.ReadWrite, Fixed, out _);
            Assert.Equal(i % 2 == 0 ? Errno.None : Errno.ENOMEM, error);
            if (i % 2 == 0) process.Memory.Mmu.Write(new(0xC000_0000), 1);
            Assert.Equal(i % 2 != 0, process.Memory.Mmu.TryReadAsSupervisor(new(0xC000_1000), out uint _, out _));
            world.Verify();
        }
    }

    /// <summary>Logs, watchpoints, marked bytes, userfaultfds and page scans reach the last page.</summary>
    [Fact]
    public void ObserversReachTheLastPage()
    {
        using World world = new(4, All);
        AddressSpace memory = world.Memory;
        VirtualAddress last = new(0xFFFF_F000);
        memory.MapAnonymous(last, 4096);
        using DirtyLog log = memory.OpenDirtyLog();
        world.Mmu.Write(last, 1);
        Assert.Equal([last.Page], log.CollectDirty().ToArray());
        int seen = 0;
        using (memory.Mmu.Watch(last + 4092, 4, WatchedAccesses.Write, _ => seen++)) world.Mmu.Write(last + 4092, 2);
        Assert.Equal(1, seen);
        ByteShadow shadow = memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(last + 4080, 16, ByteState.Unaddressable));
        Assert.False(world.Mmu.TryWrite(last + 4095, (byte)1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Unaddressable, fault.Kind);
        shadow.Close();
        using PinnedMemory pin = world.First.Pin(last, 4096, AccessKind.Write);
        Assert.Equal(1, pin.Parts[0].Span[0]);
        world.Verify();
    }

    public static TheoryData<ProcessOptions, string> BadOptions { get; } = new()
    {
        { new() { LowestAddress = new(1) }, "LowestAddress" },
        { new() { HighestAddress = new(0xFFFF_F000) }, "HighestAddress" },
        { new() { LowestAddress = new(0x1_0000), HighestAddress = new(0xFFFF) }, "LowestAddress" },
        { new() { LowestAddress = new(0xC000_0000) }, "LowestAddress" },
        { new() { HighestAddress = new(0xFFFF), MmapBase = new(0x2_0000) }, "MmapBase" },
    };

    [Theory, MemberData(nameof(BadOptions))]
    public void BoundsAreThoseOfPages(ProcessOptions options, string name)
    {
        using World world = new();
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => world.Engine.CreateProcess("p", options)).Message,
            StringComparison.Ordinal);
        world.AssertNothingIsLeft();
    }
}
