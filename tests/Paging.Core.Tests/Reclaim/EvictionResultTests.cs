using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Eviction of a page of each kind: the result, and each counter that moves.</summary>
/// <remarks>Linux: mm/vmscan.c shrink_folio_list, pageout, writeout; mm/shmem.c shmem_writeout.</remarks>
public sealed class EvictionResultTests : IDisposable
{
    private const byte Written = 7;
    private const int SlotCount = 4;

    private readonly World _world = new();
    private readonly ByteBacking _backing = new(4096);
    private readonly FailingSwapStore _store = new(new SmallSwapStore(SlotCount));
    private readonly SwapDevice _device;

    public EvictionResultTests()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(_store, out SwapDevice? device));
        _device = device!;
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("private", "Freed: frames reclaimed 1, pages written to swap 1")]
    [InlineData("private, of zeros", "Freed: frames reclaimed 1, pages of zeros swapped out 1")]
    [InlineData("private, device fails", "Activated: failed writes of reclaim 1")]
    [InlineData("private, device full", "Activated: nothing")]
    [InlineData("private, held", "Kept: nothing")]
    [InlineData("private, pinned", "Activated: nothing")]
    [InlineData("given up", "Freed: frames reclaimed 1, pages freed lazily 1")]
    [InlineData("given up, held", "Kept: nothing")]
    [InlineData("given up, written", "Freed: frames reclaimed 1, pages written to swap 1")]
    [InlineData("read back", "Freed: frames reclaimed 1, clean pages dropped 1")]
    [InlineData("read back, held", "Kept: nothing")]
    [InlineData("read back, device fails", "Freed: frames reclaimed 1, clean pages dropped 1")]    // nothing is written
    [InlineData("read back, written", "Freed: frames reclaimed 1, pages written to swap 1")]
    [InlineData("read back, written, device fails", "Activated: failed writes of reclaim 1")]
    [InlineData("read ahead", "Freed: frames reclaimed 1, clean pages dropped 1")]
    [InlineData("file", "Freed: frames reclaimed 1, frames of files reclaimed 1, pages of files dropped 1")]
    [InlineData("file, unmapped", "Freed: frames reclaimed 1, frames of files reclaimed 1, pages of files dropped 1")]
    [InlineData("file, held", "Kept: nothing")]
    [InlineData("file, pinned", "Activated: nothing")]
    [InlineData("file, written",
        "Freed: frames reclaimed 1, frames of files reclaimed 1, pages of files written by reclaim 1, pages of files dropped 1")]
    [InlineData("file, written, device fails", "Activated: pages of files written by reclaim 1, failed writes of reclaim 1")]
    [InlineData("shared", "Freed: frames reclaimed 1, pages of zeros swapped out 1")]    // mapped: its entry might have been used to write
    [InlineData("shared, unmapped", "Freed: frames reclaimed 1, clean pages dropped 1")]
    [InlineData("shared, held", "Kept: nothing")]
    [InlineData("shared, written", "Freed: frames reclaimed 1, pages written to swap 1")]
    [InlineData("shared, written, unmapped", "Freed: frames reclaimed 1, pages written to swap 1")]
    [InlineData("shared, written, device fails", "Activated: failed writes of reclaim 1")]
    [InlineData("shared, written, device full", "Activated: nothing")]
    [InlineData("page table", "Kept: nothing")]
    public void EachKindOfPageGoesItsWay(string page, string expected)
    {
        string[] parts = page.Split(", ");
        FrameNumber frame = Make(parts);
        byte content = Content(parts);
        uint slots = _device.UsedSlotCount;
        ref FrameDescriptor descriptor = ref _world.Machine.Frames[frame];
        FrameState state = descriptor.State;
        if (Has(parts, "held")) descriptor.ReferenceCount++;
        if (Has(parts, "pinned")) descriptor.Flags |= Frames.PageFlags.Pinned;
        if (Has(parts, "device fails")) (_store.WritesFail, _backing.WriteError) = (true, Errno.EIO);
        ReclaimCounters counters = default;
        EvictionResult result = _world.Engine.Parts.Reclaim.Eviction.Evict(frame, Look(frame).IsWritten, ref counters);
        Assert.Equal(expected, $"{result}: {counters}");
        (_store.WritesFail, _backing.WriteError) = (false, Errno.None);
        if (result != EvictionResult.Freed)
        {
            Assert.Equal(slots, _device.UsedSlotCount);    // everything is as it was
            Assert.Equal(state, descriptor.State);
        }

        if (Has(parts, "held")) descriptor.ReferenceCount--;
        if (Has(parts, "pinned")) descriptor.Flags &= ~Frames.PageFlags.Pinned;
        _world.Verify();
        if (Has(parts, "unmapped")) Map(parts[0], 1);
        if (parts[0] is not ("page table" or "given up") || Has(parts, "written")) Assert.Equal(content, _world.Peek(0));
        _world.Verify();
    }

    /// <summary>
    /// A page whose device is being switched off moves to another one, unless another entry names its slot, or no process maps it.
    /// </summary>
    [Theory]
    [InlineData("read back", "Freed: frames reclaimed 1, pages written to swap 1", 0u, 1u)]
    [InlineData("read back, shared", "Activated: nothing", 1u, 0u)]
    [InlineData("read ahead", "Freed: frames reclaimed 1, clean pages dropped 1", 1u, 0u)]
    public void APageOfADeviceThatClosesMovesToAnother(string page, string expected, uint slots, uint otherSlots)
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), -7, out SwapDevice? other));
        string[] parts = page.Split(", ");
        Map(parts[0], 1);
        _world.Touch(0, Written);
        PageOut(0);
        if (Has(parts, "shared")) World.Succeeds(_world.First.Fork(out _));
        if (parts[0] is "read back") _world.Peek(0);
        else World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.WillNeed));
        FrameNumber frame = _device.FrameOf(0);
        Assert.NotEqual(default, frame);
        _device.IsClosing = true;
        ReclaimCounters counters = default;
        EvictionResult result = _world.Engine.Parts.Reclaim.Eviction.Evict(frame, isWritten: false, ref counters);
        Assert.Equal(expected, $"{result}: {counters}");
        Assert.Equal((slots, otherSlots), (_device.UsedSlotCount, other!.UsedSlotCount));
        _device.IsClosing = false;
        Assert.Equal(Written, _world.Peek(0));
        _world.Verify();
    }

    /// <summary>A page is dirty if it has no copy, or is newer than its copy. A policy may ask as often as it likes.</summary>
    [Theory]
    [InlineData("private", true)]
    [InlineData("given up", true)]
    [InlineData("read back", false)]
    [InlineData("read back, written", true)]
    [InlineData("read ahead", false)]
    [InlineData("file", false)]
    [InlineData("file, unmapped", false)]
    [InlineData("file, written", true)]
    [InlineData("shared", true)]
    [InlineData("shared, written", true)]
    public void APageIsDirtyIfItsDeviceDoesNotHaveIt(string page, bool expected)
    {
        FrameNumber frame = Make(page.Split(", "));
        FrameUse use = new(_world.Machine.Frames, _world.Engine.Parts.Files.ReverseMap, _world.Engine.Parts.Files.OpenFiles);
        bool wasAccessed = _world.Memory.Space.Tables.Read(World.At(0).Page).IsAccessed;
        for (int time = 0; time < 2; time++) Assert.Equal(expected, use.IsDirty(frame));
        Assert.Equal(wasAccessed, _world.Memory.Space.Tables.Read(World.At(0).Page).IsAccessed);
    }

    private static bool Has(string[] parts, string what) => parts.Contains(what, StringComparer.Ordinal);

    private static byte Content(string[] parts) => parts[0] switch
    {
        "file" => Has(parts, "written") ? Written : (byte)0x10,
        "shared" => Has(parts, "written") ? Written : (byte)0,
        _ => Has(parts, "of zeros") ? (byte)0 : Written,
    };

    private References Look(FrameNumber frame) =>
        new FrameUse(_world.Machine.Frames, _world.Engine.Parts.Files.ReverseMap, _world.Engine.Parts.Files.OpenFiles)
            .CollectReferences(frame);

    /// <summary>Makes such a page at page 0 after the base.</summary>
    private FrameNumber Make(string[] parts)
    {
        Map(parts[0], Has(parts, "device full") ? 1 + SlotCount : 1);
        switch (parts[0])
        {
            case "file" or "shared":
                _world.Peek(0);
                break;
            default:
                _world.Touch(0, Content(parts));
                break;
        }

        if (Has(parts, "device full"))
        {
            for (int page = 1; page <= SlotCount; page++)
            {
                _world.Touch(page);
                PageOut(page);
            }

            Assert.False(_world.Engine.Parts.Files.Swap.HasRoom);
        }

        if (parts[0] is "given up") World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.Free));
        if (parts[0] is "read back" or "read ahead") PageOut(0);
        if (parts[0] is "read back") _world.Peek(0);
        if (Has(parts, "written")) _world.Touch(0, Written);
        if (parts[0] is "read ahead")
        {
            World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.WillNeed));
            return _device.FrameOf(0);
        }

        PageTables tables = _world.Memory.Space.Tables;
        if (parts[0] is "page table") return tables.ReadUpper(tables.IndexOf(World.At(0).Page)).Table;
        FrameNumber frame = tables.Read(World.At(0).Page).Frame;
        if (Has(parts, "unmapped")) World.Succeeds(_world.Memory.Unmap(World.At(0), 4096));
        return frame;
    }

    private GuestFile? _file;

    private void Map(string kind, int pageCount)
    {
        if (kind is not ("file" or "shared"))
        {
            _world.Map(0, pageCount);
            return;
        }

        if (_file is null)
        {
            _file = kind is "file" ? _world.CreateBacked(_backing) : _world.CreateFile("shared", 0);
            if (kind is "shared") World.Succeeds(_file.SetLength(World.Bytes(1 + SlotCount)));
        }

        _world.MapFile(_world.Open(_file), 0, pageCount, type: MapFlags.Shared);
    }

    private void PageOut(int page)
    {
        for (int time = 0; time < 2; time++)    // shared pages lose their entry first
            World.Succeeds(_world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
        Assert.False(_world.Memory.Space.Tables.Read(World.At(page).Page).IsPresent);
    }
}
