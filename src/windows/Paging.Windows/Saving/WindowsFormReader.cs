using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Allocations;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Saving;

/// <summary>Makes the sections of a saved form, and fills new processes with its memory.</summary>
/// <remarks>
/// In steps: the header, in which every number is checked; the files, which the caller finds, perhaps by calling the engine; the sections
/// and their pages; the processes, one after the other. After an exception the caller ends the processes first.
/// </remarks>
internal sealed class WindowsFormReader(WindowsParts parts, Stream stream, SwapDevice? farPages) : IDisposable
{
    private readonly ChecksummedReader _reader = new(stream, parts.Core.Machine.Callers);
    private readonly LoadedSections _sections = new(parts);
    private readonly List<(WindowsSpace Space, SavedPageReader Pages, SavedWindowsProcess Saved)> _filled = [];
    private readonly Dictionary<string, FileObject> _named = new(StringComparer.Ordinal);
    private uint _slot;

    /// <summary>The first part: all but the pages.</summary>
    public WindowsForm Form { get; private set; } = new();

    /// <summary>Reads everything but the pages.</summary>
    /// <exception cref="InvalidDataException">This is no such form, one of another version, or damaged.</exception>
    public void ReadHeader() => Form = WindowsForm.Read(_reader);

    /// <summary>Finds the files that are saved by name.</summary>
    /// <param name="find">Finds one; null: there is none. Called once for each name.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public void Resolve(Func<string, FileObject?> find)
    {
        foreach (SavedFile file in Form.Images.Select(static image => image.File).Concat(
            Form.Sections.Where(static section => section.Image == 0).Select(static section => section.File)))
        {
            if (file.Memory != 0 || _named.ContainsKey(file.Name)) continue;
            _named.Add(file.Name, find(file.Name) ?? throw new FileNotFoundException(
                $"A section of the saved processes is of the file '{file.Name}', and the caller knows no such file.", file.Name));
        }
    }

    /// <summary>Makes the sections, with their pages.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="LoadedSections.Make"/>, and its other exceptions.</exception>
    public void MakeSections()
    {
        _sections.Make(Form, _named);
        SavedMemoryReader pages = new(parts.Core.Machine.Ram, parts.Core.Snapshots, parts.Core.Machine.Lists.Root);
        for (int i = 0; i < Form.Memories.Length; i++) pages.Read(_reader, _sections.MemoryAt(i), ref _slot, farPages);
    }

    /// <summary>Fills the next process.</summary>
    /// <param name="saved">The saved one.</param>
    /// <param name="space">Its empty memory.</param>
    /// <param name="shared">The section of the shared user page.</param>
    /// <returns>The marked bytes and the settings of the shadow; null: the process has none.</returns>
    public ShadowTree? Fill(SavedWindowsProcess saved, WindowsSpace space, SectionObject shared)
    {
        (space.Stack, space.Limits, space.TransitionFaults) = (saved.Stack, saved.Limits, saved.TransitionFaults);
        if (saved.IsWatched) space.Written = MakeBitmap();
        if (saved.Locked.Length != 0) space.Locked = MakeBitmap();
        if (saved.IsWatched) SavedRun.Set(space.Written!, saved.Written);
        if (space.Locked is { } locked) SavedRun.Set(locked, saved.Locked);    // before the pages, which then stay
        foreach (SavedAllocation allocation in saved.Allocations) Add(space, allocation, shared);
        SavedPageReader pages = new(parts, _reader, farPages);
        pages.Read(space, ref _slot);
        _filled.Add((space, pages, saved));
        if (saved.Shadow is not { } switches) return null;
        ShadowTree shadow = SavedMarks.Read(_reader);
        SavedMarks.CheckFit(shadow, space.Space);
        (shadow.IsEnforced, shadow.RefusesUninitialized) = switches;
        return shadow;
    }

    /// <summary>Compares the checksum of the pages, and gives the processes the rest.</summary>
    /// <exception cref="NoMemoryException">A locked page cannot be brought in.</exception>
    public void Finish()
    {
        _reader.CheckChecksum();
        foreach ((WindowsSpace space, SavedPageReader pages, SavedWindowsProcess saved) in _filled)
        {
            pages.MapShared(space);
            (space.Refusal, space.RefusalReason) = saved.Exception;
            saved.Usage.Apply(space.Space);
            foreach (SavedHandle handle in saved.Handles)
                parts.Sections.Restore(handle.Value, _sections[handle.Section], handle.Access, space.Space.ProcessId);
        }

        parts.Sections.Skip(Form.LastHandle);
    }

    /// <summary>Gives up the sections; handles and views hold them.</summary>
    public void Dispose() => _sections.Dispose();

    private PageBitmap MakeBitmap() =>
        PageBitmap.CreateOrNull(parts.Core.Machine.Injection, UserRange.EndOfAll.Value) ?? throw SavedAreas.NoMemory();

    private void Add(WindowsSpace space, in SavedAllocation saved, SectionObject shared)
    {
        EngineParts core = parts.Core;
        if (!core.Machine.Commitment.TryChargeStrictly(saved.Flags.CommitCharge)) throw SavedAreas.NoMemory();
        SectionObject? section = saved.Section switch
        {
            0 => null,
            SavedAllocation.SharedUserPage => shared,
            _ => _sections[saved.Section],
        };
        bool isAdded = section is null
            ? VadStore.TryAddPrivate(space, saved.Range, saved.Flags, out _)
            : parts.Vads.TryAddView(space, saved.Range, saved.Flags, section, saved.PageOffset);
        if (isAdded) return;
        core.Machine.Commitment.Uncharge(saved.Flags.CommitCharge);
        throw SavedAreas.NoMemory();
    }
}
