using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>
/// Guest memory whose frames stay where they are until this is disposed, for reading. See <see cref="UserProcess.TryPin"/>; a
/// <see cref="WritablePin"/> can be written, too.
/// </summary>
/// <remarks>
/// The pages of a range lie anywhere in RAM, so there is a part for each run of neighbouring frames. Not thread-safe, except for the parts'
/// bytes, which other threads of the host may use while the pin and the engine live.
/// </remarks>
[DebuggerDisplay("{ByteLength} bytes at {Start} in {Parts.Count} parts")]
public class PinnedMemory : IDisposable
{
    private readonly EngineParts _engine;
    private readonly Space _space;
    private readonly List<(PageNumber Page, FrameNumber Frame)> _pages = [];
    private IReadOnlyList<ReadOnlyMemory<byte>>? _parts;
    private bool _isDisposed;

    private protected PinnedMemory(UserProcess process, VirtualAddress start, uint byteLength)
    {
        _engine = process.Parts;
        _space = process.Memory.Space;
        (Start, ByteLength) = (start, byteLength);
    }

    /// <summary>The first byte.</summary>
    public VirtualAddress Start { get; }

    /// <summary>The number of bytes.</summary>
    public uint ByteLength { get; }

    /// <summary>True if it was pinned for writing.</summary>
    public bool IsWritten => this is WritablePin;

    /// <summary>The bytes in order, for reading; a part for each run of frames that are neighbours in RAM.</summary>
    /// <exception cref="ObjectDisposedException">It is no longer pinned. The Span of a part taken before throws it too.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts
    {
        get
        {
            ThrowIfGone();
            return _parts ??= CutIntoParts().ConvertAll(static part => (ReadOnlyMemory<byte>)part);
        }
    }

    /// <summary>Unpins the memory. A frame without other users is freed. May be called again, and after the engine is disposed.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);    // CA1816: a type that derives from it might have a finalizer
        if (_isDisposed) return;
        bool isOpen = _engine.Machine.Callers.TryHoldToDispose(out SlowPathHold hold);
        using (hold)
        {
            if (isOpen && !_isDisposed) Unpin();
            _isDisposed = true;
        }
    }

    private void Unpin() => FramePins.Release(_engine, _space, CollectionsMarshal.AsSpan(_pages), IsWritten);

    /// <summary>The work of <see cref="UserProcess.TryPin"/>.</summary>
    internal static bool TryPin(
        UserProcess process, VirtualAddress start, uint byteLength, AccessKind access, out PinnedMemory? pinned, out MemoryFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfZero(byteLength);
        AccessKinds.Check(access);
        ulong room = process.Space.Bounds.Count.Bytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, room - Math.Min(start.Value, room), nameof(byteLength));
        using SlowPathHold hold = process.Memory.HoldOfAnySystem();
        pinned = access == AccessKind.Write ? new WritablePin(process, start, byteLength) : new PinnedMemory(process, start, byteLength);
        PageNumber end = (start + (byteLength - 1)).Page + PageCount.One;
        for (PageNumber page = start.Page; page < end; page += PageCount.One)
        {
            if (pinned.TryPinPage(process.Memory.Mmu, page, access, out fault)) continue;
            pinned.Dispose();
            pinned = null;
            if (fault.Address < start) fault = fault with { Address = start };    // pages are pinned from their first byte
            return false;
        }

        fault = default;
        return true;
    }

    private bool TryPinPage(Mmu mmu, PageNumber page, AccessKind access, out MemoryFault fault)
    {
        // Otherwise a later copy on write would give the process another frame than the pin. Linux: gup_must_unshare.
        AccessKind wanted = CopiesOnWrite(mmu.Space, page) ? AccessKind.Write : access;
        if (!mmu.TryTranslate(page.Address, wanted, out FrameNumber frame, out fault)) return false;
        if (TryAdd(page, frame)) return true;
        fault = new(MemoryFaultKind.Device, page.Address);
        return false;
    }

    private static bool CopiesOnWrite(Space space, PageNumber page)
    {
        if (space.Foreign is { } foreign) return foreign.CopiesOnWrite(page);
        AreaIndex index = space.Areas.Tree.Covering(page);
        return index.IsSome && space.Areas[index].Has(AreaFlags.Write) && !space.Areas[index].Has(AreaFlags.Shared);
    }

    /// <summary>Pins one more page. Returns false if its frame is not counted, because it belongs to a device or to the host.</summary>
    private bool TryAdd(PageNumber page, FrameNumber frame)
    {
        if (!FramePins.TryAdd(_engine, _space, page, frame, IsWritten)) return false;
        _pages.Add((page, frame));
        return true;
    }

    private protected void ThrowIfGone()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ObjectDisposedException.ThrowIf(_engine.Machine.Callers.IsClosed, typeof(PagingEngine));
    }

    private sealed class Keeper(PinnedMemory pin) : IFrameKeeper
    {
        public void ThrowIfGone() => pin.ThrowIfGone();
    }

    private protected List<Memory<byte>> CutIntoParts()
    {
        List<Memory<byte>> parts = [];
        Keeper keeper = new(this);
        int offset = Start.OffsetInPage;
        uint left = ByteLength;
        for (int i = 0; i < _pages.Count;)
        {
            int first = i++;
            while (i < _pages.Count && _pages[i].Frame.Value == _pages[i - 1].Frame.Value + 1) i++;
            uint length = (uint)Math.Min((ulong)left, ((ulong)(i - first) * VirtualAddress.PageSize) - (uint)offset);
            parts.Add(new FrameMemory(_engine.Machine.Ram, _pages[first].Frame, offset, (int)length, keeper).Memory);
            left -= length;
            offset = 0;    // only the first page may begin in the middle
        }

        return parts;
    }
}

/// <summary>Guest memory that is pinned for writing. See <see cref="UserProcess.PinForWriting"/>.</summary>
/// <remarks>Thread safety is that of <see cref="PinnedMemory"/>.</remarks>
public sealed class WritablePin : PinnedMemory
{
    private IReadOnlyList<Memory<byte>>? _parts;

    internal WritablePin(UserProcess process, VirtualAddress start, uint byteLength) : base(process, start, byteLength) { }

    /// <summary>Same as <see cref="PinnedMemory.Parts"/>, for writing.</summary>
    /// <inheritdoc cref="PinnedMemory.Parts"/>
    public IReadOnlyList<Memory<byte>> WritableParts
    {
        get
        {
            ThrowIfGone();
            return _parts ??= CutIntoParts();
        }
    }
}
