using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Ipc;

/// <summary>Shared memory, semaphores and message queues of System V. Linux: struct ipc_namespace.</summary>
internal sealed class SystemVIpc(GuestClock clock, Happenings happenings)
{
    private const int SegmentsMax = 4096, SemaphoreSetsMax = 32000, QueuesMax = 32000;

    public IpcTable<SharedSegment> Segments { get; } = new(SegmentsMax, SharedSegment.StatusByteLength);

    public IpcTable<SemaphoreSet> Semaphores { get; } = new(SemaphoreSetsMax, SemaphoreSet.StatusByteLength);

    public IpcTable<MessageQueue> Queues { get; } = new(QueuesMax, MessageQueue.StatusByteLength);

    /// <summary>
    /// A process ends, with its memory still there: applies its semaphore undo values and notes that its attachments end. Linux: exit_sem,
    /// shm_close.
    /// </summary>
    public void ProcessEnds(GuestProcess process)
    {
        foreach (SemaphoreSet set in Semaphores.All)
        {
            if (set.Undo(process)) happenings.Happened();
        }

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
