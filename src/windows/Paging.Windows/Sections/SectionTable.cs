using Paging.Core.Files;
using Paging.Native;

namespace Paging.Windows.Sections;

/// <summary>A handle of a process to a section, and the accesses it allows.</summary>
/// <param name="Value">A multiple of 4, as handles are; never used again. 0 means no section.</param>
public readonly record struct SectionHandle(uint Value);

/// <summary>The object of a handle.</summary>
/// <param name="Section">The number of the section.</param>
/// <param name="Access">The accesses that it allows.</param>
internal readonly record struct HandleRecord(uint Section, SectionAccess Access);

/// <summary>Every section of a machine, their names, and the handles to them.</summary>
internal sealed class SectionTable(OpenFileTable files) : IDisposable
{
    /// <summary>The owner of the system's handles: no process has this number.</summary>
    public const int SystemOwner = 0;    // no process has the number

    private readonly List<SectionObject> _sections = [];
    private readonly Stack<uint> _free = new();
    private readonly Dictionary<string, SectionObject> _names = new(StringComparer.Ordinal);
    // By owner: loaded processes have the handles that they had in another machine
    private readonly Dictionary<(int Owner, uint Handle), HandleRecord> _handles = [];

    public SectionObject this[uint number] => _sections[(int)number - 1];

    /// <summary>The highest handle that was given out.</summary>
    public uint LastHandle { get; private set; }

    /// <summary>Sections in use.</summary>
    public IEnumerable<SectionObject> Alive => _sections.Where(static section => section.IsAlive);

    /// <summary>Takes an object that is not in use.</summary>
    public SectionObject Take()
    {
        if (!_free.TryPop(out uint number))
        {
            _sections.Add(new((uint)_sections.Count + 1));
            number = (uint)_sections.Count;
        }

        return this[number];
    }

    public SectionObject? Find(string name) => _names.GetValueOrDefault(name);

    public void Name(SectionObject section, string name)
    {
        section.Name = name;
        _names.Add(name, section);
    }

    /// <summary>The image section of a file that is in use, so that all processes share its frames; null without one.</summary>
    public SectionObject? FindImage(FileObject file)
    {
        foreach (SectionObject section in _sections)
            if (section.IsAlive && section.ImageFile == file) return section;
        return null;
    }

    /// <summary>Makes a handle of a process.</summary>
    public SectionHandle Open(SectionObject section, SectionAccess access, int owner)
    {
        LastHandle += 4;    // the low two bits of handles are the program's (winnt.h)
        Restore(new(LastHandle), section, access, owner);
        return new(LastHandle);
    }

    /// <summary>Makes a handle that a loaded process had.</summary>
    public void Restore(SectionHandle handle, SectionObject section, SectionAccess access, int owner)
    {
        _handles.Add((owner, handle.Value), new(section.Number, access));
        section.HandleCount++;
    }

    /// <summary>Gives no handle up to this one out again.</summary>
    public void Skip(uint handle) => LastHandle = Math.Max(LastHandle, handle);

    /// <summary>Finds the section of a process's handle.</summary>
    public bool TryFind(SectionHandle handle, int owner, out SectionObject section, out SectionAccess access)
    {
        bool isFound = _handles.TryGetValue((owner, handle.Value), out HandleRecord record);
        section = isFound ? this[record.Section] : null!;
        access = record.Access;
        return isFound;
    }

    /// <summary>Closes a process's handle. The name goes with the last one. Returns false if there is no such handle.</summary>
    public bool TryClose(SectionHandle handle, int owner)
    {
        if (!TryFind(handle, owner, out SectionObject section, out _)) return false;
        _handles.Remove((owner, handle.Value));
        DropHandle(section);
        return true;
    }

    /// <summary>A handle, or the loader that counted as one, has gone.</summary>
    public void DropHandle(SectionObject section)
    {
        if (--section.HandleCount == 0 && section.Name is { } name)
        {
            _names.Remove(name);    // rule 14: views keep the section, not its name
            section.Name = null;
        }

        EndIfUnused(section);
    }

    /// <summary>Closes every handle of a process that ends.</summary>
    public void CloseAll(int owner)
    {
        foreach ((SectionHandle handle, _) in HandlesOf(owner)) TryClose(handle, owner);
    }

    /// <summary>The handles of a process, in the order of their numbers, so that runs can be repeated. Cost: O(handles).</summary>
    public (SectionHandle Handle, HandleRecord Record)[] HandlesOf(int owner) =>
        [.. _handles.Where(pair => pair.Key.Owner == owner).OrderBy(static pair => pair.Key.Handle)
            .Select(static pair => (new SectionHandle(pair.Key.Handle), pair.Value))];

    /// <summary>The number of handles of a process. Cost: O(handles).</summary>
    public int CountHandles(int owner) => _handles.Keys.Count(key => key.Owner == owner);

    /// <summary>A view has gone.</summary>
    public void DropView(SectionObject section)
    {
        section.ViewCount--;
        EndIfUnused(section);
    }

    /// <summary>The least length that a file must keep, because sections of it reach so far.</summary>
    public long LengthNeededOf(FileObject file)
    {
        long needed = 0;
        foreach (SectionObject section in _sections)
            if (section.IsAlive && section.File == file) needed = Math.Max(needed, section.ByteLength);
        return needed;
    }

    /// <summary>Checks I6: the handles and views of each section equal a recount.</summary>
    public void Audit(IReadOnlyDictionary<uint, uint> views, AuditReport report)
    {
        foreach (SectionObject section in Alive)
        {
            string where = $"section {section.Number}";
            uint handles = (uint)_handles.Values.Count(record => record.Section == section.Number);
            report.AddIfDifferent("I6", $"{where}: handles", handles, section.HandleCount);
            report.AddIfDifferent("I6", $"{where}: views", views.GetValueOrDefault(section.Number), section.ViewCount);
            if (section.HandleCount + section.ViewCount == 0) report.Add("I6", $"{where} has neither a handle nor a view");

            // I5  the file object is charged for the committed pages of a section of the page file, and for none of a file
            long committed = section.IsOfFile ? 0 : section.Committed?.Count ?? (long)section.PageCount;
            if (!section.IsOfFile) report.AddIfDifferent("I5", $"{where}: committed pages", committed, section.File.ChargedPages);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SectionObject section in _sections) section.Committed?.Dispose();
    }

    private void EndIfUnused(SectionObject section)
    {
        if (section.HandleCount + section.ViewCount != 0) return;
        OpenFileIndex open = section.Open;
        FileObject? imageFile = section.ImageFile;
        section.End();
        _free.Push(section.Number);
        files.Release(open);    // last: the object may end with it
        if (imageFile is not null) files.ReleaseObject(imageFile);
    }
}
