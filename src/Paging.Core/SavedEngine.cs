using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;

namespace Paging.Core;

/// <summary>Writes the processes of an engine, which stand at a snapshot, with all that they share.</summary>
/// <param name="parts">The parts of the engine.</param>
/// <param name="all">All processes that run, also those that the snapshot does not have.</param>
/// <param name="kept">The processes of the snapshot.</param>
/// <param name="nameOf">As for <see cref="EngineSnapshot.Save"/>.</param>
internal sealed class SavedEngine(EngineParts parts, IEnumerable<UserProcess> all, KeptProcess[] kept, Func<int, string?>? nameOf)
{
    /// <summary>Writes everything.</summary>
    /// <exception cref="NotSupportedException">As <see cref="FilesToSave"/>; before the first byte.</exception>
    public void Write(in SavedTarget target)
    {
        parts.Machine.Loans.CopyAll();    // the counts of frames are exact then
        FilesToSave files = new(parts.Files.OpenFiles, nameOf);
        KeepingWay way = target.IsImage ? KeepingWay.Image : KeepingWay.Saved;
        foreach (UserProcess process in all.Where(static process => process.Space.Foreign is null))    // those run on: no snapshot has them
            if (process.FindObstacle(way) is { } obstacle) throw new NotSupportedException($"Cannot save the engine: {obstacle}.");
        foreach (UserProcess process in Running)
        {
            files.Add(process.Space);
            files.Add(process.Descriptors);
        }

        SavedMachine machine = Describe(files);
        Space?[] spaces = [.. kept.Select(static one => one.Node is null ? null : one.Process.Space)];
        new SnapshotWriter(parts.Machine.Ram, parts.Snapshots, parts.Machine.Callers, target)
            .Write(machine, files.Memories, spaces, new(parts.Snapshots, parts.Machine.Areas.Roots));
    }

    private IEnumerable<UserProcess> Running => kept.Where(static one => one.Node is not null).Select(static one => one.Process);

    private SavedMachine Describe(FilesToSave files)
    {
        SavedRoots roots = new(parts.Machine.Areas.Roots);
        List<MemoryGroup> groups = [];
        SavedProcess[] processes = [.. kept.Select(one => one.Node is null ? Zombie(one) : Describe(one, files, roots, groups))];
        return new()
        {
            IsEngine = true,
            Groups = [.. groups.Select(SavedGroup.Of)],
            Memories = [.. files.Memories.Select(SavedMemory.Of)],
            OpenFiles = files.OpenFiles,
            RootParents = roots.Parents,    // after the areas, which number them
            Processes = processes,
        };
    }

    private SavedProcess Describe(in KeptProcess one, FilesToSave files, SavedRoots roots, List<MemoryGroup> groups)
    {
        UserProcess process = one.Process;
        Space space = process.Space;
        List<SavedHistory> histories = [];
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            histories.Add(roots.Of(space.Areas[index]));
        return SavedProcess.Of(new(process.Name, process.OutOfMemoryScore, process.Descriptors), space, one.Node!.HostState, files)
            .InEngine(PlaceOf(process.ParentId), PlaceOf(process.Group, groups), [.. histories]);
    }

    private SavedProcess Zombie(KeptProcess one) => new()
    {
        Name = one.Name,
        OutOfMemoryScore = one.OutOfMemoryScore,
        State = new() { Bounds = SpaceBounds.Linux },
        Areas = [],
        Parent = PlaceOf(one.Process.ParentId),
        ExitCode = one.ExitCode,
    };

    /// <summary>The place of a process, from 1; 0 if the snapshot does not have it.</summary>
    private uint PlaceOf(int id) => (uint)(Array.FindIndex(kept, one => one.Process.Id == id) + 1);

    private uint PlaceOf(MemoryGroup group, List<MemoryGroup> groups)
    {
        if (group == parts.Reclaim.Groups.Root) return 0;
        int index = groups.IndexOf(group);
        if (index >= 0) return (uint)index + 1;
        groups.Add(group);
        return (uint)groups.Count;
    }
}
