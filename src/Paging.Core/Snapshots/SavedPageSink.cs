using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>
/// Where the bytes of saved pages go: into the stream beside their runs, to the caller, as slots of a swap store, or into a delta.
/// </summary>
internal sealed class SavedPageSink(ChecksummedWriter writer, in SavedTarget target)
{
    private readonly Action<ReadOnlySpan<byte>>? _farPages = target.Pages;
    private readonly DeltaPages? _delta = target.Delta;

    /// <summary>True if the stream does not receive the bytes.</summary>
    public bool IsFar => _farPages is not null || _delta is not null;

    /// <summary>The bit of a run whose bytes go through this sink.</summary>
    public uint RunBit => IsFar ? SnapshotFormat.FarRun : 0;

    /// <summary>The next pages are those of a shared memory.</summary>
    public void BeginMemory(int index) => _delta?.BeginMemory(index);

    /// <summary>The next pages are those of a process.</summary>
    public void BeginProcess(int index) => _delta?.BeginProcess(index);

    /// <summary>Writes the bytes of one page, or of several in a row unless they are far.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="page">The number of the page in the process or the shared memory.</param>
    public void Write(ReadOnlySpan<byte> bytes, uint page)
    {
        if (_delta is not null) _delta.Add(bytes, page);
        else if (_farPages is not null) writer.Call(_farPages, bytes);
        else writer.Write(bytes);
    }

    /// <summary>Writes pages of an image, whose frames lie one after the other.</summary>
    /// <param name="ram">Physical memory.</param>
    /// <param name="frame">The first frame.</param>
    /// <param name="count">The number of pages.</param>
    /// <param name="page">The number of the first page in the process or the shared memory.</param>
    public void WriteImage(PhysicalMemory ram, FrameNumber frame, uint count, uint page)
    {
        for (uint done = 0; done < count;)
        {
            ReadOnlySpan<byte> bytes = ram.Bytes(frame + new FrameCount(done));
            uint added = _delta?.Refer(bytes, count - done) ?? 0;
            if (added == 0) Write(bytes, page + done);
            done += Math.Max(added, 1);
        }
    }
}
