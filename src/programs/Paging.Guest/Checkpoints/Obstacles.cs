using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Names the parts of a machine that cannot be saved: objects of the host, and those without a saved form.</summary>
internal sealed class Obstacles(PagingEngine engine, TaskTable tasks, FileTree tree, HostInodes inodes, StandardFiles streams)
{
    private readonly List<string> _found = [];

    /// <summary>Returns a line for each obstacle; empty if everything can be saved.</summary>
    public IReadOnlyList<string> Find()
    {
        _found.Clear();
        foreach (GuestProcess process in tasks.All) LookAt(process);
        foreach (GuestTask task in tasks.Tasks) CheckWait(task);
        OpenFileNumbers files = new();
        SavedFiles.Find(tasks, files);
        foreach (OpenDescription file in files.All)
            if (ObstacleOf(file) is { } what) Add(file, what);
        return [.. _found.Distinct(StringComparer.Ordinal)];
    }

    private void LookAt(GuestProcess process)
    {
        if (process.IsZombie) return;
        AddressSpace space = process.Memory.Space;
        if (process.WorkingDirectory is { } directory && !NamedFiles.Leads(tree, directory.Path, directory))
            Add(process, $"works in {directory.Path}, which has no path any more");
        bool isProgramThere = process.Memory.ExecutableNode is not { } program || process.Memory.Executable is not HostInode inode
            || inode.IsLost || NamedFiles.Leads(tree, program.Path, program);
        if (!isProgramThere) Add(process, $"executes {process.Memory.ExecutableNode!.Path}, which has no path any more");
        if (space.Userfaultfds.WereOpened) Add(process, "has a userfaultfd");
        foreach (AreaSnapshot area in space.Areas.Snapshot()) LookAt(process, area);
    }

    private void LookAt(GuestProcess process, AreaSnapshot area)
    {
        if (area.ObjectId == 0) return;    // private memory has no path to lose
        bool isFound;
        if (inodes.Find(area.ObjectId) is { } inode)
        {
            isFound = inode.IsLost || (NamedFiles.TryStatus(tree, area.Name, out FileStatus status)
                && (status.Device, status.Inode) == (inode.Device, inode.Number));
        }
        else
        {
            using GuestFile? file = engine.Files.Find(area.ObjectId);
            isFound = file?.Kind is FileKind.Memory or FileKind.SharedAnonymous;
        }

        if (!isFound) Add(process, $"maps {area.Name} at {area.Range.First.Address}, which is a device or has no path any more");
    }

    private string? ObstacleOf(OpenDescription file)
    {
        if (file is HostStream stream) return streams.Obstacle(stream);
        return file.SavedKind switch
        {
            null => file.Path,
            SavedFileKind.Named or SavedFileKind.Place or SavedFileKind.NamedPipe =>
                NamedFiles.Leads(tree, file.Path, file.Node!) ? null : $"{file.Path}, which has no path any more,",
            SavedFileKind.InMemory when file.RegularInode is { File.Kind: FileKind.HugePages } => $"{file.Path}, a file of huge pages,",
            SavedFileKind.InMemory when file.SavedByteLength > GuestFile.ByteLengthMax => $"{file.Path}, which is too long,",
            _ => null,
        };
    }

    private void CheckWait(GuestTask task)
    {
        if (task.AwaitsPage || task.AwaitsHost) Add(task.Process, "waits for a page from outside");
        if (task.Call.Awaited is FutexWaiter { IsWoken: false } waiter && !FutexTable.TryAddress(task, waiter, out _))
            Add(task.Process, "sleeps on a word that only others map");
    }

    private void Add(OpenDescription file, string what)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;    // its descriptors are closed
            foreach (Descriptor descriptor in process.Descriptors.Numbers)
            {
                if (process.Descriptors.FindRaw(descriptor) != file) continue;
                Add(process, $"has {what} open as descriptor {descriptor.Number}");
                return;
            }
        }

        _found.Add(ByteText.ToHost($"{what} is on its way in a message"));
    }

    private void Add(GuestProcess process, string what) =>
        _found.Add(ByteText.ToHost($"process {process.Id} ({(process.Threads.Count > 0 ? process.Threads[0].Name : "?")}) {what}"));
}
