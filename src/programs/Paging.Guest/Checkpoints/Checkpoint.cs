using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Programs;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Saves the state of a whole machine between two slices of its tasks, and restores it in a new machine.</summary>
/// <remarks>
/// Each part saves and loads itself; this class has their order. A waiting call is made again, as after a signal without a handler.
/// </remarks>
internal sealed class Checkpoint(PagingEngine engine, GuestClock clock, RandomBytes random, InodeNumbers inodes, WakeUps wakeUps,
    Timers timers, TaskTable tasks, RootLayout layout, SavedContents contents, SavedTrees trees, SavedMemories memories, SavedFiles files,
    SavedTasks processes, SharedSegments segments, FileLocks locks, SocketNames names)
{
    /// <summary>Saves the machine. The caller has checked that there are no obstacles, and has written the settings.</summary>
    public void Save(RecordWriter writer, Stream stream, Action<ReadOnlySpan<byte>>? pages)
    {
        engine.Files.SynchronizeAll();    // the resuming machine reads files from the host
        trees.Collect();
        memories.Collect(tasks);
        files.Collect();
        foreach (SharedSegment segment in segments.All) contents.Add(segment.File);
        memories.CollectContents();
        writer.Write(pages is not null);
        writer.Write(layout.Brought ?? "");
        clock.Save(writer);
        random.Save(writer);
        inodes.Save(writer);
        contents.Save(writer);
        trees.Save(writer);
        memories.Save(writer);
        processes.SaveNumbers(writer);
        files.Save(writer);
        processes.Save(writer);
        segments.Save(writer, segment => contents.NumberOf(segment.File));
        SavedLocks.Save(locks, writer, files);
        writer.Write(names.NextAutomatic);
        CheckpointForm.WriteRecords(stream, writer.ToMemory());
        contents.SavePages(stream, pages);
        memories.SavePages(stream, pages);
        contents.Dispose();
    }

    /// <param name="reader">The records, after the settings.</param>
    /// <param name="stream">The stream, after the records.</param>
    /// <param name="pages">The pages, if they were saved apart; null if they are in the stream. The engine disposes it.</param>
    public SwapDevice? Load(RecordReader reader, Stream stream, ISwapStore? pages)
    {
        SwapDevice? device = null;
        if (pages is { SlotCount: > 0 }) device = engine.SavedProcesses.OpenPages(pages);
        else pages?.Dispose();
        if (reader.ReadFlag() != pages is not null)
            throw new InvalidDataException("The checkpoint's pages are not where they are looked for.");
        if (reader.ReadText() is { Length: > 0 } brought) layout.Bring(brought);
        clock.Load(reader);
        random.Load(reader);
        inodes.Load(reader);
        uint slot = 0;
        contents.Load(reader);
        contents.LoadPages(stream, device, pages, ref slot);
        trees.Load(reader);
        memories.Load(reader, stream, device, slot);
        processes.LoadNumbers(reader);
        files.Load(reader);
        processes.Load(reader);
        segments.Load(reader, contents.Take);
        SavedLocks.Load(locks, reader, files);
        names.NextAutomatic = reader.ReadWord();
        files.Release();
        contents.Dispose();
        if (!reader.IsAtEnd) throw RecordReader.Damaged("it has unread bytes");
        timers.Changed();
        wakeUps.Add();
        return device;
    }
}
