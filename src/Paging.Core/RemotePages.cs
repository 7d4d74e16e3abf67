using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Pages of a process, pinned while another process accesses them. See <see cref="UserProcess.PinRemotely"/>.</summary>
/// <remarks>Threading: the engine's thread, or the slow path. Cost: a translation per page, and O(pages) to unpin.</remarks>
[DebuggerDisplay("{ByteLength} bytes at {Start}")]
public sealed class RemotePages : IDisposable
{
    private readonly EngineParts _engine;
    private readonly UserProcess _process;
    private readonly Space _space;    // that of the pins, even after the process has another one
    private readonly List<(PageNumber Page, FrameNumber Frame)> _pages = [];
    private HashSet<PageNumber>? _watched;    // pages of _pages without a pin, which are accessed as the program does
    private readonly bool _isWritten;
    private bool _isDisposed;

    private RemotePages(UserProcess process, VirtualAddress start, bool isWritten) =>
        (_engine, _process, _space, Start, _isWritten) = (process.Parts, process, process.Space, start, isWritten);

    /// <summary>The first byte.</summary>
    public VirtualAddress Start { get; }

    /// <summary>The number of bytes that can be accessed, from <see cref="Start"/> on; 0 if no page is pinned.</summary>
    public uint ByteLength { get; private set; }

    /// <summary>Reads bytes from an offset on.</summary>
    /// <returns>The number of bytes read: less than requested beyond the end, or where a watchpoint refuses.</returns>
    /// <exception cref="ObjectDisposedException">The pages are no longer pinned.</exception>
    public int Read(uint offset, Span<byte> destination)
    {
        using SlowPathHold hold = _engine.Machine.Callers.Hold();
        int done = 0, wanted = WantedAt(offset, destination.Length);
        while (done < wanted)
        {
            VirtualAddress at = Start + (offset + (uint)done);
            Span<byte> part = destination[done..Math.Min(wanted, done + RestOfPage(at))];
            if (!IsWatched(at)) BytesAt(at, part.Length).CopyTo(part);
            else if (_process.Memory.Remote.Read(at, part) < part.Length) break;
            done += part.Length;
        }

        return done;
    }

    /// <summary>Writes bytes from an offset on.</summary>
    /// <returns>As <see cref="Read"/>.</returns>
    /// <exception cref="InvalidOperationException">They are pinned for reading.</exception>
    /// <exception cref="ObjectDisposedException">The pages are no longer pinned.</exception>
    public int Write(uint offset, ReadOnlySpan<byte> source)
    {
        using SlowPathHold hold = _engine.Machine.Callers.Hold();
        if (!_isWritten) throw new InvalidOperationException("The pages are pinned for reading: pass isWritten to PinRemotely.");
        int done = 0, wanted = WantedAt(offset, source.Length);
        while (done < wanted)
        {
            VirtualAddress at = Start + (offset + (uint)done);
            ReadOnlySpan<byte> part = source[done..Math.Min(wanted, done + RestOfPage(at))];
            if (!IsWatched(at)) part.CopyTo(BytesAt(at, part.Length));
            else if (_process.Memory.Remote.Write(at, part) < part.Length) break;
            done += part.Length;
        }

        return done;
    }

    /// <summary>Unpins the pages. A frame without other users is freed. May be called again.</summary>
    public void Dispose()
    {
        if (_isDisposed || !_engine.Machine.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (!_isDisposed) FramePins.Release(_engine, _space, CollectionsMarshal.AsSpan(_pages), _isWritten);
            _isDisposed = true;
        }
    }

    /// <summary>The work of <see cref="UserProcess.PinRemotely"/>.</summary>
    internal static RemotePages Pin(UserProcess process, VirtualAddress start, uint byteLength, bool isWritten, out MemoryFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfZero(byteLength);
        using SlowPathHold hold = process.Memory.Callers.Hold();
        process.Memory.Enter();
        RemotePages pages = new(process, start, isWritten);
        fault = default;
        ulong end = Math.Min((ulong)start.Value + byteLength, process.Space.Bounds.Count.Bytes);
        ulong at = start.Value;
        while (at < end)
        {
            VirtualAddress address = new((uint)at);
            if (!pages.TryPinPage(address, out fault)) return pages;
            at = Math.Min(((ulong)address.Page.Value + 1) * VirtualAddress.PageSize, end);
            pages.ByteLength = (uint)(at - start.Value);
        }

        if (pages.ByteLength < byteLength) fault = new(MemoryFaultKind.NotMapped, new((uint)at));    // beyond the user half
        return pages;
    }

    private bool TryPinPage(VirtualAddress address, out MemoryFault fault)
    {
        AddressSpace memory = _process.Memory;
        AreaFlags flags = memory.Remote.FlagsAt(address, forced: false);
        if ((flags & (_isWritten ? AreaFlags.Write : AreaFlags.Read)) == 0)
        {
            fault = new(flags == AreaFlags.None ? MemoryFaultKind.NotMapped : MemoryFaultKind.NotAllowed, address);
            return false;
        }

        if (!memory.Mmu.TryTranslate(address, _isWritten ? AccessKind.Write : AccessKind.Read, out FrameNumber frame, out fault))
        {
            if (fault.Kind != MemoryFaultKind.Device) return false;
            fault = default;
            AddWatched(address.Page);    // a watchpoint has to see the access itself
            return true;
        }

        if (!_isWritten && !memory.Calls.Populate.TryUnshare(_process.Space, address.Page))
        {
            fault = new(MemoryFaultKind.OutOfMemory, address);
            return false;
        }

        frame = _process.Space.Tables.Read(address.Page) is { IsPresent: true } entry ? entry.Frame : frame;
        memory.Remote.NoteUse(address, _isWritten);
        if (FramePins.TryAdd(_engine, _space, address.Page, frame, _isWritten)) _pages.Add((address.Page, frame));
        else AddWatched(address.Page);    // a page of the pool has no pins
        return true;
    }

    private void AddWatched(PageNumber page)
    {
        _watched ??= [];
        _watched.Add(page);
        _pages.Add((page, EntryWords.ZeroFrame));    // which unpinning leaves alone
    }

    private int WantedAt(uint offset, int byteLength)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return offset >= ByteLength ? 0 : (int)Math.Min((uint)byteLength, ByteLength - offset);
    }

    private static int RestOfPage(VirtualAddress at) => (int)VirtualAddress.PageSize - at.OffsetInPage;

    private bool IsWatched(VirtualAddress at) => _watched?.Contains(at.Page) == true;

    /// <summary>The bytes of a pinned frame, even if the page has got another frame since.</summary>
    private Span<byte> BytesAt(VirtualAddress at, int byteLength) =>
        _engine.Machine.Ram.Bytes(_pages[(int)(at.Page - Start.Page).Value].Frame).Slice(at.OffsetInPage, byteLength);
}
