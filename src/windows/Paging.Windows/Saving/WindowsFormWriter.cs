using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Images;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Saving;

/// <summary>Writes processes of Windows as they are now, with the sections that they use.</summary>
/// <param name="parts">The parts of the machine.</param>
/// <param name="target">Where to.</param>
/// <param name="nameOf">As for <see cref="WindowsMachine.Save"/>.</param>
internal sealed class WindowsFormWriter(WindowsParts parts, in SavedTarget target, Func<int, string?>? nameOf)
{
    private readonly SavedTarget _target = target;
    private readonly FilesToSave _files = new(parts.Core.Files.OpenFiles, nameOf);
    private readonly List<SavedImage> _images = [];
    private readonly Dictionary<PeImage, uint> _imagePlaces = [];
    private readonly List<SavedSection> _sections = [];
    private readonly Dictionary<uint, uint> _places = [];    // of sections, from 1, by their numbers

    /// <summary>Writes everything.</summary>
    /// <param name="spaces">The memory of the processes.</param>
    /// <param name="names">Their names.</param>
    /// <param name="clock">The machine's.</param>
    /// <param name="shared">The section of the shared user page.</param>
    /// <exception cref="NotSupportedException">Two files that are saved by name have the same one; before the first byte.</exception>
    /// <exception cref="NoMemoryException">There is no frame to read a page of a page file into.</exception>
    /// <exception cref="IOException">A page file has failed.</exception>
    public void Write(IReadOnlyList<WindowsSpace> spaces, IReadOnlyList<string> names, SavedClock clock, SectionObject? shared)
    {
        EngineParts core = parts.Core;
        byte[]?[] states = [.. spaces.Select(static space => HostStateOf(space.Space))];
        core.Machine.Callers.Leave();    // the host's code may have thrown
        SavedWindowsProcess[] processes = [.. spaces.Select((space, i) => Describe(space, names[i], states[i], shared))];
        WindowsForm form = new()
        {
            Clock = clock,
            LastHandle = parts.Sections.LastHandle,
            Memories = [.. _files.Memories.Select(static file => SavedMemory.Of(file) with { IsCommitted = false })],
            Images = [.. _images],
            Sections = [.. _sections],
            Processes = processes,
        };
        ChecksummedWriter writer = new(_target.Stream, core.Machine.Callers);
        SavedPageSink sink = new(writer, _target);
        form.WriteTo(writer);
        new SpareFrame(core).Dispose();    // a frame is free before the first page, because a walk must not reclaim
        SavedMemoryWriter memories = new(core.Machine.Ram, core.Snapshots, writer, sink);
        foreach (Core.Files.FileObject memory in _files.Memories) memories.Write(memory);
        using (SpareFrame spare = new(core))
        {
            foreach (WindowsSpace space in spaces)
            {
                new SavedPageWriter(parts, writer, sink, spare.Frame).Write(space);
                SnapshotFormat.WriteEndOfRuns(writer);
                if (space.Space.Shadow is { } shadow) SavedMarks.Write(writer, shadow);
            }
        }

        SnapshotFormat.WriteEnd(writer);
    }

    private static byte[]? HostStateOf(Space space)
    {
        byte[]? state = null;
        _ = space.Attached?.TrySave(out state);    // the caller throws what it has thrown
        return state;
    }

    private SavedWindowsProcess Describe(WindowsSpace space, string name, byte[]? state, SectionObject? shared)
    {
        List<SavedAllocation> allocations = [];
        for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at)) allocations.Add(Describe(space.Vads[at], shared));
        ShadowTree? shadow = space.Space.Shadow;
        return new()
        {
            Name = name,
            User = space.User,
            Stack = space.Stack,
            Limits = space.Limits,
            Exception = (space.Refusal, space.RefusalReason),
            TransitionFaults = space.TransitionFaults,
            Usage = SavedUsage.Of(space.Space),
            HostState = state,
            Shadow = shadow is null ? null : (shadow.IsEnforced, shadow.RefusesUninitialized),
            Allocations = [.. allocations],
            Written = SavedRun.Of(space.Written),
            Locked = SavedRun.Of(space.Locked),
            Handles = [.. parts.Sections.HandlesOf(space.Space.ProcessId).Select(
                one => new SavedHandle(one.Handle, PlaceOf(parts.Sections[one.Record.Section]), one.Record.Access))],
        };
    }

    private SavedAllocation Describe(in Vad vad, SectionObject? shared)
    {
        if (vad.View == 0) return new(vad.Range, vad.Flags, Section: 0, PageOffset: 0);
        View view = parts.ViewRecords[vad.View];
        SectionObject section = parts.Sections[view.Section];
        uint place = section == shared ? SavedAllocation.SharedUserPage : PlaceOf(section);
        return new(vad.Range, vad.Flags, place, view.PageOffset.Value);
    }

    /// <summary>The place of a section, which is described when it is met first.</summary>
    private uint PlaceOf(SectionObject section)
    {
        if (_places.TryGetValue(section.Number, out uint known)) return known;
        SavedSection saved = new(section.Name ?? "", section.Protection, section.Flags, section.ByteLength);
        saved = section.Image is { } image ? saved with { Image = PlaceOf(image, section) } : saved with
        {
            File = _files.Add(section.File, mayBeNamed: section.IsOfFile),
            Committed = section.Committed is { } committed ? SavedRun.Of(committed) : null,
        };
        _sections.Add(saved);
        _places.Add(section.Number, (uint)_sections.Count);
        return (uint)_sections.Count;
    }

    private uint PlaceOf(PeImage image, SectionObject section)
    {
        if (_imagePlaces.TryGetValue(image, out uint known)) return known;
        _images.Add(new(_files.Add(section.ImageFile!), image));
        _imagePlaces.Add(image, (uint)_images.Count);
        return (uint)_images.Count;
    }
}

/// <summary>A frame to read a page of a page file into.</summary>
internal sealed class SpareFrame : IDisposable
{
    private readonly EngineParts _core;

    /// <summary>Takes it.</summary>
    /// <exception cref="NoMemoryException">No frame is free, and none can be freed.</exception>
    public SpareFrame(EngineParts core)
    {
        FrameNumber frame;
        while (!core.Machine.Allocator.TryAllocate(FrameState.Kernel, out frame))
        {
            if (!core.Reclaim.Pressure.TryFree(core.Machine.Lists.Root))
                throw new NoMemoryException("Cannot save the processes: there is no free frame to read a page of a page file into.");
        }

        (_core, Frame) = (core, frame);
    }

    /// <summary>The frame.</summary>
    public FrameNumber Frame { get; }

    /// <summary>Gives it back.</summary>
    public void Dispose() => _core.Machine.Allocator.Free(Frame);
}
