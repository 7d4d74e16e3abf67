using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The upper gigabyte is the same in every process and closed to programs.</summary>
public sealed class KernelHalfTests
{
    private const int First = 768, Last = 1023;

    private static ulong[] UpperWords(UserProcess process) =>
        [.. Enumerable.Range(First, Last - First + 1).Select(index => process.Memory.Space.Tables.ReadUpper(index).Word)];

    [Theory]
    [InlineData(8u, 2, false)]
    [InlineData(6u, 1, true)]
    [InlineData(3u, 0, true)]
    public void LargePagesCoverRamAndATableTheRest(uint ramMiB, int largePages, bool hasTable)
    {
        using World world = new(ramMiB);
        PageDirectoryEntry[] entries = [.. Enumerable.Range(First, 256).Select(world.Memory.Space.Tables.ReadUpper)];
        Assert.Equal(largePages, entries.Count(static entry => entry.IsLarge));
        Assert.Equal(hasTable ? 1 : 0, entries.Count(static entry => entry is { IsPresent: true, IsLarge: false }));
        for (int index = 0; index < largePages; index++)
        {
            Assert.True(entries[index] is
            {
                IsPresent: true, IsWritable: true, IsUser: false, IsAccessed: true, IsDirty: true
            });
            Assert.NotEqual(0ul, entries[index].Word & EntryBits.Global);
            Assert.Equal((uint)index * 1024, entries[index].LargeFrameIn(TableFormat.Classic).Value);
        }

        Assert.All(entries[(largePages + (hasTable ? 1 : 0))..], static entry => Assert.Equal(0ul, entry.Word));
        if (!hasTable) return;
        Assert.Equal(world.Machine.KernelHalf.Table, entries[largePages].Table);
        Assert.Equal(FrameState.Kernel, world.Machine.Frames[entries[largePages].Table].State);
        uint start = (uint)(First + largePages) << 10;
        PageTableEntry[] table = [.. Enumerable.Range(0, 1024).Select(i => world.Memory.Space.Tables.Read(new(start + (uint)i)))];
        uint rest = (ramMiB << 8) % 1024;
        Assert.All(table[..(int)rest], static entry =>
            Assert.True(entry is { IsPresent: true, IsUser: false, IsWritable: true } && (entry.Word & EntryBits.Global) != 0));
        Assert.All(table[(int)rest..], static entry => Assert.True(entry.IsNeverTouched));
    }

    /// <summary>RAM that ends anywhere, in both formats: each of its frames is mapped at its place, and none after the last.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 1024u, 1, 0)]
    [InlineData(TableFormat.Classic, 1025u, 1, 1)]
    [InlineData(TableFormat.Classic, 1023u, 0, 1)]
    [InlineData(TableFormat.Pae, 1024u, 2, 0)]
    [InlineData(TableFormat.Pae, 1025u, 2, 1)]
    [InlineData(TableFormat.Pae, 1023u, 1, 1)]
    [InlineData(TableFormat.Pae, 511u, 0, 1)]
    public void EachFrameOfRamHasItsPlace(TableFormat format, uint frames, int largePages, int tables)
    {
        using World world = new(World.Options() with { Tables = format, RamBytes = frames * 4096ul });
        PageTables space = world.Memory.Space.Tables;
        int first = space.IndexOf(PageNumber.FirstKernel), last = space.IndexOf(new(PageCount.AddressSpace.Value - 1));
        PageDirectoryEntry[] entries = [.. Enumerable.Range(first, last - first + 1).Select(space.ReadUpper)];
        Assert.Equal((largePages, tables), (entries.Count(static entry => entry.IsLarge),
            entries.Count(static entry => entry is { IsPresent: true, IsLarge: false })));
        for (uint frame = 0; frame < frames; frame++)
        {
            VirtualAddress at = KernelHalf.AddressOf(new(frame)) + 5;
            Assert.True(world.Mmu.TryTranslateAsSupervisor(at, AccessKind.Write, out PhysicalAddress found, out _));
            Assert.Equal(new FrameNumber(frame).Address + 5, found);
        }

        Assert.False(world.Mmu.TryTranslateAsSupervisor(KernelHalf.AddressOf(new(frames)), AccessKind.Read, out _, out _));
        world.Verify();
    }

    [Fact]
    public void EveryProcessHasTheSameWordsFromBirthToDeath()
    {
        using World world = new(6);
        ulong[] words = UpperWords(world.First);
        world.Map(0, 10);
        world.Touch(3);
        UserProcess child = world.First.Fork();
        UserProcess other = world.Engine.CreateProcess("other");
        child.Memory.Mmu.Write(World.At(3), (byte)2);
        // a walk marks entries; these are marked already
        Assert.True(child.Memory.Mmu.TryWriteAsSupervisor(new(0xC000_0000 + (5 << 20)), 0u, out _));
        foreach (UserProcess process in new[] { world.First, child, other }) Assert.Equal(words, UpperWords(process));
        child.Dispose();
        Assert.Equal(words, UpperWords(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void RamBeyond896MegabytesIsNotSeen()
    {
        using World world = new(1024);    // committed by the host only where it is touched
        Assert.True(world.Mmu.TryTranslateAsSupervisor(new(0xC000_0000 + (896u << 20) - 1), AccessKind.Read, out _, out _));
        Assert.False(world.Mmu.TryTranslateAsSupervisor(new(0xC000_0000 + (896u << 20)), AccessKind.Read, out _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotMapped, fault.Kind);
    }

    [Theory]
    [InlineData(0xC000_0000u)]
    [InlineData(0xC03F_FFFFu)]
    [InlineData(0xFFFF_FFFCu)]
    public void ProgramsAreRefusedAndNothingOfItIsCachedForThem(uint address)
    {
        using World world = new(4);
        _ = world.Mmu.TryReadAsSupervisor(new(address), out byte _, out _);
        Assert.False(world.Mmu.TryRead(new(address), out byte _, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, new(address)), fault);
        Assert.False(world.Mmu.TryWrite(new(address), (byte)1));
        Assert.False(world.Mmu.TryReadHit(new(address), out byte _));
        Assert.Equal(0, world.Mmu.CopyIn(new(address), new byte[3], out _));
        world.Verify();
    }

    [Fact]
    public void NoCallMapsOrChangesTheKernelHalf()
    {
        using World world = new();
        AddressSpace memory = world.Memory;
        VirtualAddress kernel = new(0xC000_0000);
        Assert.Equal(Errno.ENOMEM, memory.Map(kernel, 4096, MemoryProtection.Read, World.PrivateFixed, out _));
        Assert.Equal(Errno.EINVAL, memory.Unmap(kernel, 4096));
        Assert.Equal(Errno.EINVAL, memory.Unmap(new(0xBFFF_F000), 8192));
        Assert.Equal(Errno.ENOMEM, memory.Protect(kernel, 4096, MemoryProtection.Read));
        Assert.Equal(Errno.ENOMEM, memory.Advise(kernel, 4096, MemoryAdvice.DontNeed));
        Assert.Equal(Errno.ENOMEM, memory.Lock(kernel, 4096));
        Assert.Equal(Errno.ENOMEM, memory.Synchronize(kernel, 4096, SyncFlags.Async));
        Assert.Equal(Errno.ENOMEM, memory.InCore(kernel, 4096, new byte[1]));
        Assert.Equal(Errno.EFAULT, memory.Remap(kernel, 4096, 8192, RemapFlags.MayMove, out _));
        Assert.Equal(Errno.EINVAL, memory.Reserve(new(PageNumber.FirstKernel, PageCount.One)));
        Assert.Equal(memory.Break, memory.SetBreak(kernel + 4096));
        world.AssertNothingIsLeft();
    }
}
