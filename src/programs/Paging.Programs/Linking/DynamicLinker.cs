using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Linking;

/// <summary>A small ld.so outside the program: maps the libraries that a program needs and binds the addresses between them.</summary>
/// <remarks><code>
///   program ──needs──► render ──needs──► palette       scope: program, render, palette (breadth first; the first definition wins)
///                                                      relocated: palette, render, program
/// </code>
/// For embedders without a processor. Text stays shared between all processes that map a library; relocated data become each process's
/// own. No constructor runs. What needs running code (IFUNC) or a thread pointer is counted and left alone.
/// After a fork the child uses a linker of its own. glibc: elf/dl-deps.c, dl-load.c, dl-reloc.c.
/// </remarks>
public sealed class DynamicLinker
{
    private readonly ProgramLoader _loader;
    private readonly UserProcess _process;
    private readonly IProgramFiles? _files;
    private readonly List<SharedObject> _scope = [];

    internal DynamicLinker(ProgramLoader loader, UserProcess process, IProgramFiles? files) =>
        (_loader, _process, _files) = (loader, process, files);

    /// <summary>The objects in the order of lookup. The program is first, if it was linked.</summary>
    public IReadOnlyList<LoadedLibrary> Objects => [.. _scope.Select(static item => item.Description)];

    /// <summary>The relocations so far.</summary>
    public RelocationTally Relocations { get; private set; }

    /// <summary>After ENOENT, the name of the missing library or symbol.</summary>
    public string? Missing { get; private set; }

    /// <summary>Links a program that was executed: loads the libraries it needs and relocates everything.</summary>
    /// <returns>As <see cref="Load"/>; after an error the program cannot run.</returns>
    public Errno LinkProgram(ProgramImage image, in ExecutedProgram program)
    {
        ArgumentNullException.ThrowIfNull(image);
        _process.Memory.Enter();
        _loader.Check(image);
        if (_scope.Count != 0) throw new InvalidOperationException("Link the program before loading libraries.");
        Errno error = ElfImage.Read(image, out ElfImage? read);
        if (error != Errno.None) return error;
        _scope.Add(new(_process.Memory, read!, program.Bias));
        return Complete(first: 0);
    }

    /// <summary>Maps a library at a free place, with the libraries it needs, and relocates the new ones.</summary>
    /// <returns>
    /// ENOEXEC, EINVAL: no ELF32 library for i386, as <see cref="ProgramLoader.MapLibrary"/>. ENOENT: <see cref="Missing"/> was not found.
    /// ELIBBAD: invalid tables. ENOMEM: no room. After an error nothing of it stays mapped.
    /// </returns>
    public Errno Load(ProgramImage image, out LoadedLibrary library)
    {
        ArgumentNullException.ThrowIfNull(image);
        _process.Memory.Enter();
        library = default;
        if (_scope.Find(item => ReferenceEquals(item.File, image.File)) is not { } known)
        {
            int first = _scope.Count;
            Errno error = Add(image);
            if (error == Errno.None) error = Complete(first);
            if (error != Errno.None)
            {
                Remove(first);
                return error;
            }

            known = _scope[first];
        }

        library = known.Description;
        return Errno.None;
    }

    /// <summary>Finds the address of a name as the program would. Returns false if no object defines it.</summary>
    public bool TryFind(string name, out VirtualAddress at)
    {
        ArgumentNullException.ThrowIfNull(name);
        _process.Memory.Enter();
        GuestWords memory = new(_process.Memory.Mmu);
        foreach (SharedObject item in _scope)
        {
            uint number = SymbolLookup.Find(ref memory, item.Section, System.Text.Encoding.UTF8.GetBytes(name), orPlt: false);
            if (number == 0) continue;
            at = new(DynamicSymbol.Read(ref memory, item.Section.Symbols, number).Address(item.Bias));
            return true;
        }

        at = default;
        return false;
    }

    private Errno Add(ProgramImage image)
    {
        Errno error = _loader.MapShared(_process, image, out ElfImage? read, out uint bias);
        if (error != Errno.None) return error;
        _scope.Add(new(_process.Memory, read!, bias));
        return _scope[^1].IsBroken ? Errno.ELIBBAD : Errno.None;
    }

    private Errno Complete(int first)
    {
        for (int i = first; i < _scope.Count; i++)
        {
            foreach (string name in _scope[i].Needed)
            {
                Errno error = AddNeeded(name);
                if (error != Errno.None) return error;
            }
        }

        for (int i = _scope.Count - 1; i >= first; i--)
        {
            Errno error = Relocate(_scope[i]);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    private Errno AddNeeded(string name)
    {
        if (_scope.Exists(item => string.Equals(item.Name, name, StringComparison.Ordinal))) return Errno.None;
        ProgramImage? image = null;
        Errno error = _files?.Find(name, out image) ?? Errno.ENOENT;
        if (image is null && error == Errno.None) error = Errno.ENOENT;
        if (error != Errno.None) Missing = name;
        else if (!_scope.Exists(item => ReferenceEquals(item.File, image!.File))) error = Add(image!);
        return error;
    }

    private Errno Relocate(SharedObject item)
    {
        AddressSpace space = _process.Memory;
        Errno error = item.Section.HasTextRelocations ? item.ProtectText(space, isWritable: true) : Errno.None;
        if (error != Errno.None) return error;
        Relocator relocator = new(space, _scope);
        error = relocator.Relocate(item);
        Relocations += relocator.Tally;
        Missing ??= relocator.Missing;
        if (error == Errno.None && item.Section.HasTextRelocations) error = item.ProtectText(space, isWritable: false);
        return error == Errno.None ? item.ProtectRelocated(space) : error;
    }

    private void Remove(int first)
    {
        for (int i = _scope.Count - 1; i >= first; i--)
        {
            PageRange range = _scope[i].Description.Range;
            _process.Memory.Unmap(range.First.Address, (uint)range.Count.Bytes);
            _scope.RemoveAt(i);
        }
    }
}
