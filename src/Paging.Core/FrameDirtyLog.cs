using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>The frames whose bytes changed since the log was last collected: for a display, or to copy a machine while it runs.</summary>
/// <remarks>
/// <para>
/// Records what a guest can see: stores of all processes, files and shared memory written by system calls, pages read from files and swap
/// devices, copies on write, zeroed frames as they are first mapped for writing. It records neither the page tables and the kernel half's
/// tables, which the engine makes and every access changes; nor frames on their way to and from the free lists; nor the host's own
/// stores through <see cref="PhysicalMemory.Bytes(FrameNumber)"/>, which it reports itself (<see cref="NoteWritten"/>).
/// </para>
/// <para>Logs are independent, collecting costs O(pages written), and a write that hits costs nothing, as in <see cref="DirtyLog"/>.</para>
/// <para>Linux: virt/kvm/kvm_main.c (KVM_GET_DIRTY_LOG), which logs guest frames in the same way.</para>
/// </remarks>
[DebuggerDisplay("{Count} frames written")]
public sealed class FrameDirtyLog : IDisposable
{
    private readonly CallerCheck _callers;
    private readonly WriteObservers _observers;
    private readonly PhysicalMemory _ram;
    private readonly DirtySet _set;
    private bool _isDisposed;

    internal FrameDirtyLog(CallerCheck callers, WriteObservers observers, PhysicalMemory ram, bool needsFaults)
    {
        (_callers, _observers, _ram) = (callers, observers, ram);
        _set = new(ram.FrameCount.Value, needsFaults);
        observers.Open(_set);
    }

    /// <summary>The number of frames written since the last collection.</summary>
    public int Count => _isDisposed ? 0 : _set.Count;

    /// <summary>Returns true if the frame was written since the last collection.</summary>
    public bool IsDirty(FrameNumber frame) => !_isDisposed && _set.Contains(frame.Value);

    /// <summary>Records in every log that the host itself has stored to a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public void NoteWritten(FrameNumber frame)
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame.Value, _ram.FrameCount.Value, nameof(frame));
        _ram.Observers.Note(frame);
    }

    /// <summary>Returns the frames written since the last collection, in the order of their first writes, and empties the log.</summary>
    /// <returns>The log's own list, not a copy. It is valid until the next collection of this log.</returns>
    public ReadOnlySpan<FrameNumber> CollectDirty()
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _observers.TakeGrantsBack();
        return MemoryMarshal.Cast<uint, FrameNumber>(_set.Take());
    }

    /// <summary>Sets the bit of each frame of a run that was written, and removes these frames from the log.</summary>
    /// <param name="first">The first frame: bit 0 of the first word.</param>
    /// <param name="count">The number of frames. Others stay in the log.</param>
    /// <param name="bitmap">No bit is cleared.</param>
    /// <returns>The number of these frames that were written.</returns>
    /// <exception cref="ArgumentException">The bitmap is too short.</exception>
    public int CollectDirty(FrameNumber first, FrameCount count, Span<ulong> bitmap)
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // Checked before TakeWithin, which empties the log.
        if ((ulong)bitmap.Length * 64 < count.Value) throw new ArgumentException("The bitmap is too short for the frames.",
            nameof(bitmap));
        _observers.TakeGrantsBack();
        ReadOnlySpan<uint> frames = _set.TakeWithin(first.Value, count.Value);
        DirtySet.SetBits(frames, first.Value, bitmap);
        return frames.Length;
    }

    /// <summary>Closes the log.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        if (_callers.TryHoldToDispose(out SlowPathHold hold))
        {
            using (hold)
            {
                if (_isDisposed) return;    // another thread has disposed it meanwhile
                _isDisposed = true;
                _observers.Close(_set);    // before the set is freed below, because every write notes into it
            }
        }

        _isDisposed = true;
        _set.Dispose();
    }
}
