using Paging.Guest.Ipc;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The parts of a checkpoint that are loaded after processes, files and memory: System V, locks, and waits of calls.</summary>
internal sealed class SavedRest(TaskTable tasks, SharedSegments segments, FileLocks locks, SocketNames names,
    SavedFiles files, SavedContents contents)
{
    /// <summary>Collects the memory of segments.</summary>
    public void Collect()
    {
        foreach (SharedSegment segment in segments.All) contents.Add(segment.File);
    }

    public void Save(RecordWriter writer)
    {
        segments.Save(writer, segment => contents.NumberOf(segment.File));
        SavedLocks.Save(locks, writer, files);
        SavedWaits.Save(tasks, writer, files.Files);
        writer.Write(names.NextAutomatic);
    }

    public void Load(RecordReader reader)
    {
        segments.Load(reader, contents.Take);
        SavedLocks.Load(locks, reader, files);
        SavedWaits.Load(tasks, reader, files.Files);
        names.NextAutomatic = reader.ReadWord();
    }
}
