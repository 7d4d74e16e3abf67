using System.Runtime.CompilerServices;
using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The kernel's view: RAM from 0xC0000000 on, and the process's memory as the program has it.</summary>
public sealed class SupervisorTests
{
    [InlineArray(3 * 4096)]
    private struct ThreePages
    {
        private byte _first;
    }

    private static VirtualAddress Kernel(FrameNumber frame, int offset = 0) => KernelHalf.AddressOf(frame) + (uint)offset;

    [Fact]
    public void RamIsSeenFromTheStartOfTheKernelHalf()
    {
        using World world = new();
        world.Map(0, 1);
        world.Mmu.Write(World.At(0, 20), 0xCAFE_F00Du);
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
        Assert.True(world.Mmu.TryReadAsSupervisor(Kernel(frame, 20), out uint word, out MemoryFault fault));
        Assert.Equal((0xCAFE_F00Du, false), (word, fault.IsFault));
        Assert.True(world.Mmu.TryWriteAsSupervisor(Kernel(frame, 20), 0x1234_5678u, out _));
        Assert.Equal(0x1234_5678u, world.Mmu.Read<uint>(World.At(0, 20)));
        Assert.True(world.Mmu.TryTranslateAsSupervisor(Kernel(frame, 20), AccessKind.Read, out PhysicalAddress physical, out _));
        Assert.Equal((frame, 20u), (physical.Frame, (uint)physical.Value & VirtualAddress.OffsetMask));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(4u)]        // one page of 4 MB
    [InlineData(5u)]        // and a table for the rest
    [InlineData(1u)]        // a table only
    [InlineData(12u)]
    public void EveryFrameOfRamIsSeenAndNothingBehindIt(uint ramMiB)
    {
        using World world = new(ramMiB);
        FrameCount count = world.Engine.Ram.FrameCount;
        Mmu mmu = world.Mmu;
        for (uint frame = 0; frame < count.Value; frame++)
        {
            Assert.True(mmu.TryTranslateAsSupervisor(Kernel(new(frame), 4095), AccessKind.Write, out PhysicalAddress physical, out _));
            Assert.Equal(((ulong)frame << 12) + 4095, physical.Value);
        }

        Assert.False(mmu.TryReadAsSupervisor(Kernel(new(count.Value)), out byte _, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, Kernel(new(count.Value))), fault);
        Assert.False(mmu.TryReadAsSupervisor(Kernel(new(count.Value)) - 2, out uint _, out fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, Kernel(new(count.Value))), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void UserPagesAreMadePresentAsForTheProgram()
    {
        using World world = new();
        world.Map(0, 2);
        Assert.True(world.Mmu.TryWriteAsSupervisor(World.At(0, 4094), 0x4433_2211u, out _));
        Assert.Equal(0x4433_2211u, world.Mmu.Read<uint>(World.At(0, 4094)));
        world.Map(4, 1, MemoryProtection.Read);
        Assert.False(world.Mmu.TryWriteAsSupervisor(World.At(4), 1, out MemoryFault fault));    // CR0.WP
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(4)), fault);
        Assert.False(world.Mmu.TryReadAsSupervisor(World.At(3), out int _, out fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(3)), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteThatCrossesIntoAHoleChangesNothing()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.False(world.Mmu.TryWriteAsSupervisor(World.At(0, 4094), 0xFFFF_FFFFu, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(1)), fault);
        Assert.Equal(0, world.Peek(0, 4095));
    }

    [Fact]
    public void AValueOfSeveralPagesIsReadAndWrittenPageByPage()
    {
        using World world = new();
        world.Map(0, 4);
        foreach (int page in new[] { 3, 1, 0, 2 }) world.Touch(page);    // frames in no order
        ThreePages value = default;
        new Random(1).NextBytes(value);
        Assert.True(world.Mmu.TryWriteAsSupervisor(World.At(0, 100), value, out _));
        byte[] expected = ((ReadOnlySpan<byte>)value).ToArray(), found = new byte[expected.Length];
        Assert.Equal(found.Length, world.Mmu.CopyOut(World.At(0, 100), found, out _));
        Assert.Equal(expected, found);
        Assert.True(world.Mmu.TryReadAsSupervisor(World.At(0, 100), out ThreePages read, out _));
        Assert.Equal(expected, ((ReadOnlySpan<byte>)read).ToArray());
        world.AssertNothingIsLeft();
    }
}
