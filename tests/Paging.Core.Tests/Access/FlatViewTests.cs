using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A view of a process's memory through one pointer shows what the process reads, after each refresh.</summary>
public sealed class FlatViewTests
{
    private const int Pages = 96;
    private static readonly VirtualAddress Start = World.At(0);

    private static EngineOptions Shared => World.Options() with { ShareRam = true };

    /// <summary>Random calls of a random script; then every page that is present shows its bytes, and every other one zeros.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AfterARefreshEveryPageIsAsTheTablesSay(TableFormat format) => Property.ForSeeds(Soak.Of(200, 40), seed =>
    {
        Require();
        using World world = new(Shared with { Tables = format });
        Random random = new((int)seed);
        world.Map(0, Pages);
        UserProcess process = world.First;
        using FlatView view = process.OpenFlatView(new(Start.Page, new(Pages)));
        UserProcess? child = null;
        using Snapshot begin = process.TakeSnapshot();
        for (int step = 0; step < 60; step++)
        {
            int page = random.Next(Pages), count = Math.Min(1 + random.Next(8), Pages - page);
            VirtualAddress at = World.At(page);
            uint length = (uint)count << VirtualAddress.PageShift;
            ulong epoch = process.Memory.Mmu.Epoch;
            bool wasCurrent = view.IsCurrent;
            switch (random.Next(9))
            {
                case 0: World.MapAs(process, page, count, MemoryProtection.ReadWrite, World.PrivateFixed); break;
                case 1: World.Succeeds(process.Memory.Unmap(at, length)); break;
                case 2: _ = process.Memory.Protect(at, length, (MemoryProtection)random.Next(4)); break;
                case 3: _ = process.Memory.Advise(at, length, MemoryAdvice.DontNeed); break;
                case 4: child ??= process.Fork(); break;
                case 5: child?.Dispose(); child = null; break;
                case 6: begin.Restore(); break;
                default:
                    for (int i = 0; i < count; i++) _ = process.Memory.Mmu.TryWrite(World.At(page + i), random.Next(), out _);
                    break;
            }

            Assert.Equal(wasCurrent && process.Memory.Mmu.Epoch == epoch, view.IsCurrent);
            if (view.IsCurrent) Compare(world, process, view, mayLackPages: true);
            if (random.Next(3) != 0) continue;
            view.Refresh();
            Assert.True(view.IsCurrent);
            Compare(world, process, view, mayLackPages: false);
        }

        child?.Dispose();
    });

    [Fact]
    public void StoresAreSeenAtOnceAndReclaimIsNot()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 4);
        using FlatView view = world.First.OpenFlatView(new(Start.Page, new(4)));
        Assert.Equal(0, view.Bytes(Start, 4096)[5]);
        world.Memory.Mmu.Write<byte>(Start + 5, 7);
        Assert.Equal(0, view.Bytes(Start, 4096)[5]);    // added since
        Assert.True(view.IsCurrent);
        view.Refresh();
        world.Memory.Mmu.Write<byte>(Start + 6, 8);
        Assert.Equal((7, 8), (view.Bytes(Start, 4096)[5], view.Bytes(Start + 6, 1)[0]));
        World.Succeeds(world.Memory.Unmap(Start, 4096));
        Assert.False(view.IsCurrent);
        view.Refresh();
        Assert.Equal(0, view.Bytes(Start, 4096)[5]);
    }

    [Fact]
    public unsafe void AHandleOutlivesTheViewAndTheProcess()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 1);
        world.Memory.Mmu.Write(Start, 42);
        FlatView view = world.First.OpenFlatView(new(Start.Page, PageCount.One));
        using (System.Buffers.MemoryHandle handle = view.Pin())
        {
            world.First.Exit(0);
            Assert.False(view.IsCurrent);
            Assert.Throws<ObjectDisposedException>(view.Refresh);
            view.Dispose();
            view.Dispose();
            _ = *(int*)handle.Pointer;    // still mapped
        }

        Assert.Throws<ObjectDisposedException>(() => view.Bytes(Start, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => view.Pin());
        Assert.Throws<ObjectDisposedException>(view.Refresh);
    }

    [Fact]
    public void WhatCannotBeShownIsCounted()
    {
        Require();
        using World world = new(Shared);
        using GuestFile memory = world.Engine.Files.CreateHostMemoryFile("host", GC.AllocateArray<byte>(8192, pinned: true));
        world.Memory.MapFile(World.At(1), memory, 8192);
        Assert.True(world.Memory.Mmu.TryWrite(World.At(1), 5, out _));
        using FlatView view = world.First.OpenFlatView(new(Start.Page, new(4)));
        Assert.Equal(PageCount.One, view.HiddenPages);
        Assert.Equal(0, MemoryMarshal.Read<int>(view.Bytes(World.At(1), 4)));
    }

    [Fact]
    public void HugePagesAreShown()
    {
        Require();
        using World world = new(Shared with { RamBytes = 32 << 20, HugePages = 1 });
        VirtualAddress at = new(0x4000_0000);
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
        World.Succeeds(world.Memory.Map(at, 4 << 20, MemoryProtection.ReadWrite, flags, out _));
        world.Memory.Mmu.Write(at + 0x12345, 99);
        using FlatView view = world.First.OpenFlatView(new(at.Page, new(1024)));
        Assert.Equal((99, PageCount.Zero), (MemoryMarshal.Read<int>(view.Bytes(at + 0x12345, 4)), view.HiddenPages));
    }

    /// <summary>Frames in disorder are a mapping each; beyond the view's limit pages are hidden, and the others right.</summary>
    [Fact]
    public void FramesInDisorderAreHiddenFromALimitOn()
    {
        Require();
        const uint count = 40_000;
        using PagingEngine engine = new(new EngineOptions { RamBytes = 512 << 20, ShareRam = true });
        UserProcess process = engine.CreateProcess("p");
        VirtualAddress at = process.Memory.MapAnonymous(count << VirtualAddress.PageShift);
        for (uint i = 0; i < count; i += 2) process.Memory.Mmu.Write(at + (i << VirtualAddress.PageShift), i + 1);
        for (uint i = 1; i < count; i += 2) process.Memory.Mmu.Write(at + (i << VirtualAddress.PageShift), i + 1);
        using FlatView view = process.OpenFlatView(new(at.Page, new(count)));
        uint wrong = 0;
        for (uint i = 0; i < count; i++)
        {
            uint seen = MemoryMarshal.Read<uint>(view.Bytes(at + (i << VirtualAddress.PageShift), 4));
            if (seen == 0) wrong++;
            else Assert.Equal(i + 1, seen);
        }

        Assert.Equal(view.HiddenPages.Value, wrong);
        Assert.InRange(wrong, count - 16_000, count - 15_990);    // 16,000 mappings, of a page each but for the hidden ones
        World.Succeeds(process.Memory.Advise(at, count << VirtualAddress.PageShift, MemoryAdvice.DontNeed));
        view.Refresh();
        Assert.Equal(PageCount.Zero, view.HiddenPages);
        Assert.Equal(-1, view.Bytes(at, 1 << 20).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void MisuseIsRefused()
    {
        Require();
        using World plain = new(), world = new(Shared);
        PageRange one = new(Start.Page, PageCount.One);
        Assert.Throws<InvalidOperationException>(() => plain.First.OpenFlatView(one));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.First.OpenFlatView(one with { Count = PageCount.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.First.OpenFlatView(new(PageNumber.FirstKernel, PageCount.One)));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.First.OpenFlatView(new(PageNumber.FirstKernel, new(uint.MaxValue))));
        using FlatView view = world.First.OpenFlatView(one);
        Assert.Equal(4096, view.Bytes(Start, 4096).Length);
        Assert.Equal(0, view.Bytes(Start + 4096, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Bytes(Start, 4097).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Bytes(Start + 1, 4096).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Bytes(Start, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Bytes(new(0), 1).Length);
    }

    private static void Require() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && Environment.SystemPageSize == VirtualAddress.PageSize, "A flat view needs Linux with pages of 4 KiB.");

    private static void Compare(World world, UserProcess process, FlatView view, bool mayLackPages)
    {
        for (int i = 0; i < Pages; i++)
        {
            VirtualAddress at = World.At(i);
            WalkResult walk = Walker.Peek(world.Engine.Ram, world.Engine.Options.Tables, process.Memory.PrepareWalk(), at.Page);
            ReadOnlySpan<byte> seen = view.Bytes(at, 4096);
            bool isZero = seen.IndexOfAnyExcept((byte)0) < 0;
            if (isZero && mayLackPages) continue;
            if (walk.Succeeded && walk.EffectiveUser)
                Assert.True(seen.SequenceEqual(world.Engine.Ram.Bytes(walk.Physical.Frame)), $"page {i}");
            else
                Assert.True(isZero, $"page {i}");
        }

        Assert.Equal(PageCount.Zero, view.HiddenPages);
    }
}
