using Paging.Core;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Ipc;

/// <summary>Shared memory, semaphores and message queues of System V. Linux: struct ipc_namespace.</summary>
internal sealed class SystemVIpc(GuestClock clock, Happenings happenings)
{
    private const int SegmentsMax = 4096, SemaphoreSetsMax = 32000, QueuesMax = 32000;

    public IpcTable<SharedSegment> Segments { get; } = new(SegmentsMax, SharedSegment.StatusByteLength);

    public IpcTable<SemaphoreSet> Semaphores { get; } = new(SemaphoreSetsMax, SemaphoreSet.StatusByteLength);

    public IpcTable<MessageQueue> Queues { get; } = new(QueuesMax, MessageQueue.StatusByteLength);

    public void Save(RecordWriter writer, Func<SharedSegment, int> memoryOf)
    {
        writer.Begin(RecordKind.SystemV, 1);
        Segments.Save(writer, segment => segment.Save(writer, memoryOf(segment)));
        Semaphores.Save(writer, set => set.Save(writer));
        Queues.Save(writer, queue => queue.Save(writer));
        writer.End();
    }

    /// <summary>The processes and the shared memory are there.</summary>
    /// <exception cref="InvalidOperationException">There is too little memory for the messages.</exception>
    public void Load(RecordReader reader, TaskTable tasks, QueuedBytes queued, Func<RecordReader, GuestFile> take)
    {
        reader.Open(RecordKind.SystemV, 1);
        Segments.Load(reader, () => new(reader, take));
        Semaphores.Load(reader, () => new(reader, tasks));
        Queues.Load(reader, () => new(reader));
        reader.Close();
        foreach (MessageQueue queue in Queues.All)
            foreach (TypedMessage message in queue.Messages) queued.ChargeSaved(message.Bytes.Length);
    }

    /// <summary>
    /// A process ends, with its memory still there: applies its semaphore undo values and notes that its attachments end. Linux: exit_sem,
    /// shm_close.
    /// </summary>
    public void ProcessEnds(GuestProcess process)
    {
        LeaveUndos(process);
        if (process.Memory.IsShared) return;
        foreach (SharedSegment segment in Segments.All)
        {
            if (segment.IsMappedBy(process.Memory.Space)) segment.NoteDetach(process.Id, clock.RealSeconds);
        }
    }

    /// <summary>A process has no undo list from now on; with the last one that had it operations are undone. Linux: exit_sem.</summary>
    public void LeaveUndos(GuestProcess process)
    {
        UndoList? list = process.Undos;
        process.Undos = null;
        if (list is null || !list.Release()) return;
        foreach (SemaphoreSet set in Semaphores.All)
        {
            if (set.Undo(list, process)) happenings.Happened();
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
