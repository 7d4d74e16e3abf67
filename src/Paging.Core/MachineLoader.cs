using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>Makes processes of a saved form, or of an image: one, or those of an engine with all that they share.</summary>
/// <remarks>Each call makes all of them or none.</remarks>
internal sealed class MachineLoader(EngineParts parts, ProcessTable table)
{
    /// <summary>Loads a saved form.</summary>
    /// <param name="stream">The form.</param>
    /// <param name="isEngine">True for that of an engine.</param>
    /// <param name="farPages">The device with its pages; null: the stream has them.</param>
    /// <param name="slot">The slot of the first page; afterwards the one after the last.</param>
    /// <param name="host">What the caller supplies.</param>
    public UserProcess[] Load(Stream stream, bool isEngine, SwapDevice? farPages, ref uint slot, in LoadedFrom host)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SnapshotReader reader = new(parts.Machine.Ram, parts.Snapshots, new(stream, parts.Machine.Callers), farPages, slot);
        UserProcess[] made = Read(reader, isEngine, host);
        slot = reader.NextSlot;
        return made;
    }

    /// <summary>Makes a clone of an image: one process, or those of an engine.</summary>
    /// <param name="image">The image.</param>
    /// <param name="isEngine">True for that of an engine.</param>
    /// <param name="host">What the caller supplies.</param>
    public UserProcess[] Clone(ImageContent image, bool isEngine, in LoadedFrom host) =>
        parts.Snapshots.Images.Find(image) is { } known ? Show(known, image.Shadows, host) : CloneFirst(image, isEngine, host);

    /// <summary>Loads an image, and keeps what further clones need.</summary>
    private UserProcess[] CloneFirst(ImageContent image, bool isEngine, in LoadedFrom host)
    {
        using Stream areas = image.Open();
        ImageFrames frames = image.FramesIn(parts.Machine.Ram, parts.Machine.Frames);
        using SnapshotReader reader = new(
            parts.Machine.Ram, parts.Snapshots, new(areas, parts.Machine.Callers), farPages: null, firstSlot: 0, frames, image.Shadows);
        UserProcess[] made = Read(reader, isEngine, host);
        IEnumerable<Space?> spaces = made.Select(static process => process.HasExited ? null : process.Space);
        parts.Snapshots.Images.Add(image, LoadedImage.Of(reader, spaces));
        return made;
    }

    private UserProcess[] Read(SnapshotReader reader, bool isEngine, in LoadedFrom host)
    {
        reader.ReadHeader(isEngine);    // with the checksum, before there is a process
        SavedMachine machine = reader.Machine;
        reader.Resolve(FinderOf(host));
        parts.Machine.Callers.EnterToRead();    // the caller's code has run
        using NewProcesses made = new(parts, table, machine, host);
        reader.FillMemories(memory => made.ChargedFor(memory));
        for (int i = 0; i < machine.Processes.Length; i++)
        {
            SavedProcess saved = machine.Processes[i];
            ShadowTree? shadow = reader.Fill(saved, saved.ExitCode is null ? made[i].Space : null);
            if (shadow is not null) ByteShadow.Begin(made[i].Memory, shadow);
        }

        reader.ReadEnd();
        return made.Finish(reader.Files);
    }

    /// <summary>Makes a further clone.</summary>
    private UserProcess[] Show(LoadedImage image, ShadowNode?[] marks, in LoadedFrom host)
    {
        SavedMachine machine = image.Machine;
        using SavedAreas files = new(parts.Snapshots);
        files.Create(machine.Memories);
        PoolFiller? filler = image.FillerIn(parts.Machine.Ram, parts.Snapshots);
        image.Supply(files, filler);
        if (machine.UsesFiles)
        {
            files.Open(machine, FinderOf(host));
            parts.Machine.Callers.EnterToRead();    // the caller's code has run
        }

        using NewProcesses made = new(parts, table, machine, host);
        SavedHistories? histories = machine.IsEngine ? new(machine.RootParents) : null;
        Space[] spaces = [.. Enumerable.Range(0, machine.Processes.Length).Select(i => made[i].Space)];
        for (int i = 0; i < spaces.Length; i++)
        {
            if (machine.Processes[i].ExitCode is not null) continue;
            image.Show(i, spaces, files, histories, filler);
            SavedState state = machine.Processes[i].State;
            if (!state.HasShadowMarks) continue;
            ShadowTree shadow = new(marks[i]);    // clones share its nodes, which never change
            state.Apply(shadow);
            ByteShadow.Begin(made[i].Memory, shadow);
        }

        return made.Finish(files);
    }

    private Func<string, FileObject?> FinderOf(LoadedFrom host) => name => ObjectOf(host.OpenFile?.Invoke(name));

    private FileObject? ObjectOf(GuestFile? file)
    {
        if (file is not null && file.Calls != parts.Io.Calls)
            throw new ArgumentException("The file belongs to another engine.", nameof(file));
        return file?.Object is { IsAlive: true } found ? found : null;
    }
}

/// <summary>The objects that the caller supplies to loaded or cloned processes.</summary>
/// <param name="OpenFile">Finds a file by its name; null: there is none.</param>
/// <param name="GroupOf">Finds a group by its name; null: a new one is made.</param>
/// <param name="Options">The group of processes without a group, and more; null: the default.</param>
internal readonly record struct LoadedFrom(
    Func<string, GuestFile?>? OpenFile, Func<string, MemoryGroup?>? GroupOf = null, ProcessOptions? Options = null);
