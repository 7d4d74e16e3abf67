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
}
