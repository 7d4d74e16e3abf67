using System.Text;
using Paging.Core;
using Paging.Core.Files;

namespace Paging.Programs;

/// <summary>An object that is mapped, with its dynamic section: the program itself, or a library.</summary>
internal sealed class SharedObject
{
    private readonly ElfImage _image;

    public SharedObject(AddressSpace space, ElfImage image, uint bias)
    {
        (_image, Bias) = (image, bias);
        GuestWords memory = new(space.Mmu);
        Section = image.TryFind(ElfSegmentKind.Dynamic, out ElfSegment dynamic) ? DynamicSection.Read(ref memory, dynamic.Address + bias, bias) : new();
        Needed = [.. Section.Needed.Select(offset => Encoding.UTF8.GetString(memory.String(Section.Strings + offset)))];
        Name = Section.Name == 0 ? image.File.Name[(image.File.Name.LastIndexOf('/') + 1)..] : Encoding.UTF8.GetString(memory.String(Section.Strings + Section.Name));
        IsBroken = memory.IsBroken;
    }

    /// <summary>What others call it: DT_SONAME, or the last part of its path.</summary>
    public string Name { get; }

    /// <summary>What to add to the addresses in its tables.</summary>
    public uint Bias { get; }

    public DynamicSection Section { get; }

    /// <summary>The names of what it needs.</summary>
    public IReadOnlyList<string> Needed { get; }

    /// <summary>Its dynamic section leads nowhere.</summary>
    public bool IsBroken { get; }

    public FileObject File => _image.File.File;

    public LoadedLibrary Description => LoadedLibrary.Of(_image, Bias);

    /// <summary>Lets segments be written that cannot be, or takes that back: for relocations in text.</summary>
    public Errno ProtectText(AddressSpace space, bool isWritable)
    {
        foreach (ElfSegment segment in _image.Loads)
        {
            if ((segment.Protection & MemoryProtection.Write) != 0) continue;
            MemoryProtection rights = segment.Protection | (isWritable ? MemoryProtection.Write : MemoryProtection.None);
            Errno error = Protect(space, segment.Address, segment.FileByteLength, rights, wholePages: true);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    /// <summary>PT_GNU_RELRO: what only relocation writes is read-only from now on. glibc: _dl_protect_relro.</summary>
    public Errno ProtectRelocated(AddressSpace space) => _image.TryFind(ElfSegmentKind.GnuRelocatedReadOnly, out ElfSegment segment)
        ? Protect(space, segment.Address, segment.MemoryByteLength, MemoryProtection.Read, wholePages: false)
        : Errno.None;

    private Errno Protect(AddressSpace space, uint address, uint byteLength, MemoryProtection rights, bool wholePages)
    {
        uint start = (address + Bias) & ~0xFFFu;
        uint end = (address + Bias + byteLength + (wholePages ? 0xFFFu : 0)) & ~0xFFFu;
        return end <= start ? Errno.None : space.Protect(new(start), end - start, rights);
    }
}
