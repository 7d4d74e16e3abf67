using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Loads and stores of any size and alignment, within a page and across borders.</summary>
public sealed class AccessTests
{
    [InlineArray(Length)]
    private struct ThreePages
    {
        public const int Length = 3 * 4096;
        private byte _first;
    }

    [Fact]
    public void EveryAlignmentOfEverySizeReadsTheWrittenValue()
    {
        using World world = new();
        world.Map(0, 2);
        for (int offset = 4096 - 20; offset <= 4096 + 4; offset++)
        {
            RoundTrip(world, offset, (byte)0xA1);
            RoundTrip(world, offset, (ushort)0xB2C3);
            RoundTrip(world, offset, 0xD4E5_F601u);
            RoundTrip(world, offset, 0x0123_4567_89AB_CDEFul);
            RoundTrip(world, offset, (Int128)0x1122_3344_5566_7788 << 64 | 0x99AA);
            RoundTrip(world, offset, 12.5);
        }

        world.AssertNothingIsLeft();
    }

    private static void RoundTrip<T>(World world, int offset, T value) where T : unmanaged
    {
        world.Mmu.Write(World.At(0, offset), value);
        Assert.Equal(value, world.Mmu.Read<T>(World.At(0, offset)));
        Assert.True(world.Mmu.TryRead(World.At(0, offset), out T again));
        Assert.Equal(value, again);
    }

    [Fact]
    public void BytesAreLittleEndianAcrossAPageBorder()
    {
        using World world = new();
        world.Map(0, 2);
        world.Mmu.Write(World.At(0, 4094), 0x4433_2211u);
        Assert.Equal((0x11, 0x22, 0x33, 0x44), (world.Peek(0, 4094), world.Peek(0, 4095), world.Peek(1), world.Peek(1, 1)));
        Assert.NotEqual(world.Memory.Space.Tables.Read(World.At(0).Page).Frame, world.Memory.Space.Tables.Read(World.At(1).Page).Frame);
    }

    [Fact]
    public void AValueOfSeveralPagesIsReadAndWrittenPageByPage()
    {
        using World world = new();
        world.Map(0, 4);
        foreach (int page in new[] { 3, 1, 0, 2 }) world.Touch(page);    // frames in no order
        ThreePages value = default;
        new Random(1).NextBytes(value);
        world.Mmu.Write(World.At(0, 100), value);
        ThreePages read = world.Mmu.Read<ThreePages>(World.At(0, 100));
        Assert.Equal(((ReadOnlySpan<byte>)value).ToArray(), ((ReadOnlySpan<byte>)read).ToArray());
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnAccessThatCannotGoAheadWritesNothingAtAll()
    {
        using World world = new();
        world.Map(0, 3);
        world.Map(2, 1, MemoryProtection.Read);
        Assert.False(world.Mmu.TryWrite(World.At(0, 10), new ThreePages(), out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(2)), fault);
        world.Mmu.Fill(World.At(0), 8192, 7, out _);
        Assert.False(world.Mmu.TryWrite(World.At(0, 10), new ThreePages()));
        for (int offset = 0; offset < 8192; offset += 511) Assert.Equal(7, world.Peek(0, offset));
    }

    [Fact]
    public void AHitNeedsNoSlowPathAndAMissFillsTheTranslation()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.False(world.Mmu.TryReadHit(World.At(0), out byte _));
        world.Peek(0);
        Assert.True(world.Mmu.TryReadHit(World.At(0), out byte _));
        Assert.False(world.Mmu.TryWriteHit(World.At(0), (byte)1));    // the zero page
        world.Touch(0, 3);
        Assert.True(world.Mmu.TryWriteHit(World.At(0), (byte)1));
        Assert.Equal(1, world.Peek(0));
    }

    [Fact]
    public void MoreSpacesThanHaveRoomForTranslationsStillSeeTheirOwnMemory()
    {
        using World world = new(World.Options() with { AttachedSpacesMax = 2 });
        UserProcess[] all = [world.First, .. Enumerable.Range(0, 5).Select(_ => world.Engine.CreateProcess("more"))];
        foreach (UserProcess process in all)
        {
            World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
            process.Memory.Mmu.Write(World.At(0), process.Id);
        }

        for (int round = 0; round < 3; round++)
            foreach (UserProcess process in all) Assert.Equal(process.Id, process.Memory.Mmu.Read<int>(World.At(0)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheProcessorMarksWhatItUsesAndOnlyTheKernelUnmarks()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0);
        PageTables tables = world.Memory.Space.Tables;
        PageNumber page = World.At(0).Page;
        tables.Store(page, tables.Read(page).WithoutAccessed().WithoutDirty());
        world.Peek(0);
        Assert.True(tables.Read(page) is { IsAccessed: true, IsDirty: false });
        world.Touch(0);
        Assert.True(tables.Read(page) is { IsAccessed: true, IsDirty: true });
        world.AssertNothingIsLeft();
    }
}
