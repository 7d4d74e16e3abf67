using Paging.Core;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Ipc;

/// <summary>Shared memory of System V. Linux: struct ipc_namespace.</summary>
/// <remarks>There are neither semaphores nor message queues: they have no memory that is mapped, and nearly no users.</remarks>
internal sealed class SystemVIpc(GuestClock clock)
{
    private const int SegmentsMax = 4096;

    public IpcTable<SharedSegment> Segments { get; } = new(SegmentsMax, SharedSegment.StatusByteLength);

    public void Save(RecordWriter writer, Func<SharedSegment, int> memoryOf)
    {
        writer.Begin(RecordKind.SystemV, 2);
        Segments.Save(writer, segment => segment.Save(writer, memoryOf(segment)));
        writer.End();
    }

    /// <summary>The processes and the shared memory are there.</summary>
    public void Load(RecordReader reader, Func<RecordReader, GuestFile> take)
    {
        reader.Open(RecordKind.SystemV, 2);
        Segments.Load(reader, () => new(reader, take));
        reader.Close();
    }

    /// <summary>Notes the end of the attachments of a process that ends, while its memory is still there. Linux: shm_close.</summary>
    public void ProcessEnds(GuestProcess process)
    {
        if (process.Memory.IsShared) return;
        foreach (SharedSegment segment in Segments.All)
        {
            if (segment.IsMappedBy(process.Memory.Space)) segment.NoteDetach(process.Id, clock.RealSeconds);
        }
    }

    /// <summary>Frees segments that were removed and are no longer mapped. Linux: shm_may_destroy.</summary>
    public void DropUnused()
    {
        foreach (SharedSegment segment in Segments.All.Where(static one => one.IsToGo && one.AttachCount == 0).ToArray())
        {
            Segments.Remove(segment);
            segment.Release();
        }
    }
}
