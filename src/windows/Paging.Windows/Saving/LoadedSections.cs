using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Images;
using Paging.Windows.Sections;

namespace Paging.Windows.Saving;

/// <summary>Makes the sections of a saved form. Until it is disposed, it counts as a handle to each of them.</summary>
internal sealed class LoadedSections(WindowsParts parts) : IDisposable
{
    private readonly SavedAreas _memories = new(parts.Core.Snapshots);
    private readonly List<FileObject> _images = [];    // by their places, each held
    private readonly List<SectionObject> _sections = [];

    /// <summary>A section, by its place from 1.</summary>
    public SectionObject this[uint place] => _sections[(int)place - 1];

    /// <summary>The shared memory of a place, from 0.</summary>
    public FileObject MemoryAt(int index) => _memories.MemoryAt(index);

    /// <summary>Makes all of them, without their pages.</summary>
    /// <param name="form">The form.</param>
    /// <param name="named">The files that the caller has found.</param>
    /// <exception cref="InvalidOperationException">The machine has a section of one of the names.</exception>
    /// <exception cref="ArgumentException">A file is too short for a section of it.</exception>
    /// <exception cref="NoMemoryException">The host has no memory for a record, or the pages cannot be committed.</exception>
    public void Make(WindowsForm form, IReadOnlyDictionary<string, FileObject> named)
    {
        foreach (SavedSection saved in form.Sections)
        {
            if (saved.Name.Length != 0 && parts.Sections.Find(saved.Name) is not null)
                throw new InvalidOperationException($"Cannot load the processes: the machine has a section named '{saved.Name}' already.");
        }

        _memories.Create(form.Memories);
        foreach (SavedImage image in form.Images)
        {
            string name = image.File.Memory == 0 ? image.File.Name : MemoryAt((int)image.File.Memory - 1).Name;
            FileObject file = parts.Core.Files.OpenFiles.CreateObject(
                name, FileKind.Backed, image.Image.ByteLength, new ImageBacking(image.Image), FileRights.Read);
            file.HolderCount = 1;
            _images.Add(file);
        }

        foreach (SavedSection saved in form.Sections) MakeOne(saved, form.Images, named);
    }

    /// <summary>Gives the sections up: those without a handle or a view end.</summary>
    public void Dispose()
    {
        foreach (SectionObject section in _sections) parts.Sections.DropHandle(section);
        foreach (FileObject image in _images) parts.Core.Files.OpenFiles.ReleaseObject(image);
        _memories.Dispose();
        _sections.Clear();
        _images.Clear();
    }

    private void MakeOne(in SavedSection saved, SavedImage[] images, IReadOnlyDictionary<string, FileObject> named)
    {
        FileObject file = saved.Image != 0 ? _images[(int)saved.Image - 1] : ObjectOf(saved.File, named);
        if (saved.ByteLength > file.ByteLength)
            throw new ArgumentException($"'{file.Name}' was given for a file with a section, and is shorter.", nameof(named));
        PageBitmap? committed = null;
        if (saved.Committed is not null)
        {
            committed = PageBitmap.CreateOrNull(parts.Core.Machine.Injection, (uint)saved.PageCount) ?? throw SavedAreas.NoMemory();
            SavedRun.Set(committed, saved.Committed);
        }

        FileRights rights = saved.Image != 0 ? FileRights.Read : FileRights.ReadWrite;
        bool isCharged = parts.Core.Machine.Commitment.TryChargeStrictly(saved.Charge);
        if (isCharged && saved.IsOfPageFile)
        {
            file.AddCharge(saved.Charge);    // I5
            file.IsOfAnotherSystem = true;
        }

        if (!isCharged || !parts.Core.Files.OpenFiles.TryOpen(file, rights, OpenFlags.None, out OpenFileIndex open))
        {
            committed?.Dispose();
            throw SavedAreas.NoMemory();
        }

        parts.Core.Files.OpenFiles[open].IsHeldByHost = true;    // a section is no descriptor of a process
        SectionObject section = parts.Sections.Take();
        section.Begin(open, file, saved.ByteLength, saved.Protection, saved.Flags, committed);
        if (saved.Image != 0)
        {
            FileObject source = ObjectOf(images[saved.Image - 1].File, named);
            section.SetImage(images[saved.Image - 1].Image, source);
            source.HolderCount++;    // until the section ends
        }

        section.HandleCount++;
        _sections.Add(section);
        if (saved.Name.Length != 0) parts.Sections.Name(section, saved.Name);
    }

    private FileObject ObjectOf(SavedFile file, IReadOnlyDictionary<string, FileObject> named) =>
        file.Memory != 0 ? MemoryAt((int)file.Memory - 1) : named[file.Name];
}
