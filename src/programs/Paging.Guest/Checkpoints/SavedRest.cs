using Paging.Guest.Ipc;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>What in a checkpoint needs processes, files and memory to be there: System V, locks, and what calls wait for.</summary>
internal sealed class SavedRest(TaskTable tasks, SystemVIpc systemV, FileLocks locks, PipeLimits pipes,
    SocketNames names, SavedFiles files, SavedContents contents)
{
    /// <summary>Notes the memory of segments.</summary>
    public void Collect()
    {
        foreach (SharedSegment segment in systemV.Segments.All) contents.Add(segment.File);
    }

    public void Save(RecordWriter writer)
    {
        systemV.Save(writer, segment => contents.NumberOf(segment.File));
        SavedLocks.Save(locks, writer, files);
        pipes.Save(writer);
        SavedWaits.Save(tasks, writer, files.Files);
        writer.Write(names.NextAutomatic);
    }

    public void Load(RecordReader reader)
    {
        systemV.Load(reader, contents.Take);
        SavedLocks.Load(locks, reader, files);
        pipes.Load(reader);
        SavedWaits.Load(tasks, reader, files.Files);
        names.NextAutomatic = reader.ReadWord();
    }
}
