namespace Paging.Core.Snapshots;

/// <summary>Where the bytes of saved pages go: into the stream beside their runs, or to the caller, as slots of a swap store.</summary>
internal sealed class SavedPageSink(ChecksummedWriter writer, Action<ReadOnlySpan<byte>>? farPages)
{
    /// <summary>True if the caller receives the bytes.</summary>
    public bool IsFar => farPages is not null;

    /// <summary>The bit of a run whose bytes go through this sink.</summary>
    public uint RunBit => farPages is null ? 0 : SnapshotFormat.FarRun;

    /// <summary>Writes the bytes of one page, or of several in a row.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (farPages is null) writer.Write(bytes);
        else writer.Call(farPages, bytes);
    }
}
