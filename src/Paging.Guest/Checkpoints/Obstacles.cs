using Paging.Core;
using Paging.Core.Files;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Ipc;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Names what of a machine cannot be in a checkpoint: what belongs to the host, and what has no saved form.</summary>
internal sealed class Obstacles(TaskTable tasks, FileTree tree, FileLocks locks, HostInodes inodes, SystemVIpc systemV,
    PosixQueueNames posixQueues, QueuedBytes queued, StandardFiles streams)
{
    private readonly List<string> _found = [];

    /// <summary>A line each; none: everything can be saved.</summary>
    public IReadOnlyList<string> Find()
    {
        _found.Clear();
        foreach (GuestProcess process in tasks.All) LookAt(process);
        foreach (GuestTask task in tasks.Tasks) LookAtWait(task);
        if (!locks.AreNone) _found.Add("files are locked (fcntl, flock)");
        if (systemV.Segments.Count + systemV.Semaphores.Count + systemV.Queues.Count > 0)
            _found.Add("there is shared memory, a semaphore or a message queue of System V");
        foreach (PosixQueue queue in posixQueues) _found.Add($"there is the message queue /{queue.Name}");
        if (!queued.AreNone) _found.Add("messages wait in a queue or a socket");
        foreach (MemoryMount mount in tree.Mounts.OfType<MemoryMount>())
            if (mount.HasFilesOfPrograms) _found.Add($"there are files in {mount.Prefix}, which is in memory");
        return [.. _found.Distinct(StringComparer.Ordinal)];
    }

    private void LookAt(GuestProcess process)
    {
        if (process.IsZombie) return;
        AddressSpace space = process.Memory.Space;
        if (process.WorkingDirectory is { } directory && !NamedFiles.Leads(tree, directory.Path, directory))
            Add(process, $"works in {directory.Path}, which has no path any more");
        if (process.Memory.ExecutableNode is { } program && !NamedFiles.Leads(tree, program.Path, program))
            Add(process, $"executes {program.Path}, which has no path any more");
        if (space.HasUserfaultfds()) Add(process, "has a userfaultfd");
        foreach (AreaSnapshot area in space.Snapshot()) LookAt(process, area);
        foreach (Descriptor descriptor in process.Descriptors.Numbers)
            if (ObstacleOf(process.Descriptors.FindRaw(descriptor)!) is { } what)
                Add(process, $"has {what} open as descriptor {descriptor.Number}");
    }

    private void LookAt(GuestProcess process, AreaSnapshot area)
    {
        if (area.ObjectId == 0) return;
        if (area.IsSharedAnonymous)
        {
            Add(process, $"has shared anonymous memory at {area.Range.First.Address}");
            return;
        }

        bool isFound = inodes.Find(area.ObjectId) is { } inode
            && NamedFiles.TryStatus(tree, area.Name, out FileStatus status)
            && (status.Device, status.Inode) == (inode.Device, inode.Number);
        if (!isFound) Add(process, $"maps {area.Name} at {area.Range.First.Address}, which is in memory or has no path any more");
    }

    private string? ObstacleOf(OpenDescription file)
    {
        if (file is HostStream stream) return streams.Obstacle(stream);
        if (SavedFiles.KindOf(file) is not { } kind) return file.Path;
        if (kind == SavedFileKind.Pipe) return null;
        return NamedFiles.Leads(tree, file.Path, file.Node!) ? null : $"{file.Path}, which has no path any more,";
    }

    private void LookAtWait(GuestTask task)
    {
        if (task.AwaitsPage || task.AwaitsHost) Add(task.Process, "waits for a page that somebody else supplies");
        bool canBeRepeated = task.Awaited is null || (task.Awaited is FutexWaiter waiter && FutexTable.MaySave(task, waiter));
        if (!canBeRepeated) Add(task.Process, "waits for a lock, a message or the other end of a FIFO");
    }

    private void Add(GuestProcess process, string what) =>
        _found.Add(ByteText.ToHost($"process {process.Id} ({(process.Threads.Count > 0 ? process.Threads[0].Name : "?")}) {what}"));
}
