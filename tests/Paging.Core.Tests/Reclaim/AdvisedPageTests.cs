using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The effects of MADV_COLD, MADV_PAGEOUT and MADV_FREE on an active page of each kind.</summary>
/// <remarks>Linux: mm/madvise.c madvise_cold_or_pageout_pte_range, madvise_free_pte_range.</remarks>
public sealed class AdvisedPageTests : IDisposable
{
    private readonly World _world = new(World.Options() with { SwapReadAheadPages = 1 });
    private PinnedMemory? _pin;

    public AdvisedPageTests()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        _world.Map(0, 4);
        _world.Touch(1, 7);
    }

    public void Dispose()
    {
        _world.Verify();
        _pin?.Dispose();
        _world.Dispose();
    }

    /// <summary>
    /// Before: the page is active, referenced and dirty. After: <c>A</c> active, <c>R</c> referenced, <c>D</c> the entry is dirty,
    /// <c>a</c> the entry is accessed, <c>F</c> its list is that of pages that need no swap; <c>out</c>: it is on the device;
    /// <c>E</c>: EINVAL.
    /// </summary>
    [Theory]
    [InlineData("own", MemoryAdvice.Cold, "D")]
    [InlineData("own", MemoryAdvice.PageOut, "out")]
    [InlineData("own", MemoryAdvice.Free, "F")]
    [InlineData("of a child as well", MemoryAdvice.Cold, "ARDa")]
    [InlineData("of a child as well", MemoryAdvice.PageOut, "ARDa")]
    [InlineData("of a child as well", MemoryAdvice.Free, "F")]
    [InlineData("locked", MemoryAdvice.Cold, "ARDaE")]
    [InlineData("locked", MemoryAdvice.PageOut, "ARDaE")]
    [InlineData("locked", MemoryAdvice.Free, "ARDaE")]
    [InlineData("left locked", MemoryAdvice.Free, "ARDa")]
    [InlineData("pinned", MemoryAdvice.Cold, "D")]
    [InlineData("of a snapshot", MemoryAdvice.Cold, "D")]
    [InlineData("of a snapshot", MemoryAdvice.PageOut, "out")]
    [InlineData("of a snapshot", MemoryAdvice.Free, "F")]
    public void AnActivePageAfterAdvice(string kind, MemoryAdvice advice, string expected)
    {
        FrameNumber frame = _world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
        _world.Machine.Lists.Move(frame, PageFlags.Active);
        ref FrameDescriptor descriptor = ref _world.Machine.Frames[frame];
        descriptor.Flags |= PageFlags.Referenced;
        Prepare(kind, ref descriptor);
        Errno error = _world.Memory.Advise(World.At(0), World.Bytes(4), advice);
        Assert.True(error is Errno.None or Errno.EINVAL);
        Assert.Equal(expected, Describe(error));
        if (!(advice is MemoryAdvice.Free && expected is "F")) Assert.Equal(7, _world.Peek(1));
    }

    /// <summary>A page of zeros has no frame of its own: advice leaves it, and page 0 of RAM, as they are.</summary>
    [Theory]
    [InlineData(MemoryAdvice.Cold)]
    [InlineData(MemoryAdvice.PageOut)]
    [InlineData(MemoryAdvice.Free)]
    public void APageOfZerosAndAGuardAreNoPages(MemoryAdvice advice)
    {
        _world.Peek(2);
        World.Succeeds(_world.Memory.Advise(World.At(3), 4096, MemoryAdvice.GuardInstall));
        PageTableEntry zeros = _world.Memory.Space.Tables.Read(World.At(2).Page), guard = _world.Memory.Space.Tables.Read(World.At(3).Page);
        World.Succeeds(_world.Memory.Advise(World.At(2), World.Bytes(2), advice));
        Assert.Equal(guard, _world.Memory.Space.Tables.Read(World.At(3).Page));
        Assert.Equal(zeros.Frame, _world.Memory.Space.Tables.Read(World.At(2).Page).Frame);
        Assert.Equal(7, _world.Peek(1));
    }

    /// <summary>A page that was swapped out is gone with MADV_FREE, and its slot is free; MADV_COLD leaves both.</summary>
    [Theory]
    [InlineData(MemoryAdvice.Cold, 1, 7)]
    [InlineData(MemoryAdvice.PageOut, 1, 7)]
    [InlineData(MemoryAdvice.Free, 0, 0)]
    public void ASwappedPageAfterAdvice(MemoryAdvice advice, int swapped, int value)
    {
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        Assert.Equal((1L, 1L), (_world.Memory.Space.Statistics.Swapped, _world.Engine.Parts.Files.Swap.UsedSlots));
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(4), advice));
        Assert.Equal((swapped, swapped), ((int)_world.Memory.Space.Statistics.Swapped, (int)_world.Engine.Parts.Files.Swap.UsedSlots));
        Assert.Equal(value, _world.Peek(1));
    }

    /// <summary>A page on the device has no frame: advice for it must not touch the frame whose number equals that of its slot.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AdviceForSwappedPagesLeavesOtherPagesAlone(TableFormat tables)
    {
        using World world = new(World.Options() with { Tables = tables });
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, 700);
        for (int page = 0; page < 700; page++) world.Touch(page, 9);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(700), MemoryAdvice.PageOut));
        world.Map(2000, 800);
        for (int page = 2000; page < 2800; page++)
        {
            world.Touch(page, 7);
            world.Machine.Lists.Move(world.Memory.Space.Tables.Read(World.At(page).Page).Frame, PageFlags.Active);
        }

        foreach (MemoryAdvice advice in (MemoryAdvice[])[MemoryAdvice.Cold, MemoryAdvice.PageOut])
        {
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(700), advice));
            for (int page = 2000; page < 2800; page++)
            {
                PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(page).Page);
                Assert.True(entry.IsPresent && (world.Machine.Frames[entry.Frame].Flags & PageFlags.Active) != 0, $"page {page}");
            }
        }

        world.Verify();
    }

    private void Prepare(string kind, ref FrameDescriptor descriptor)
    {
        switch (kind)
        {
            case "of a child as well": _world.First.Fork(); break;
            case "locked": World.Succeeds(_world.Memory.Lock(World.At(0), World.Bytes(4))); break;
            case "left locked": descriptor.Flags |= PageFlags.Pinned; break;
            case "pinned": _pin = _world.First.Pin(World.At(1), 4096, AccessKind.Write); break;
            case "of a snapshot": _world.First.TakeSnapshot(); break;
            default: break;
        }
    }

    private string Describe(Errno error)
    {
        PageTableEntry entry = _world.Memory.Space.Tables.Read(World.At(1).Page);
        if (!entry.IsPresent) return "out";
        FrameFlags flags = _world.Machine.Frames[entry.Frame].Flags;
        return string.Concat((flags & PageFlags.Active) != 0 ? "A" : "", (flags & PageFlags.Referenced) != 0 ? "R" : "",
            entry.IsDirty ? "D" : "", entry.IsAccessed ? "a" : "") + ((flags & PageFlags.FileBacked) != 0 ? "F" : "")
            + (error == Errno.EINVAL ? "E" : "");
    }
}
