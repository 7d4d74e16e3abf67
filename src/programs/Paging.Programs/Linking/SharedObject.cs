using System.Text;
using Paging.Core;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Programs.Linking;

/// <summary>A mapped object with its dynamic section: the program itself or a library.</summary>
internal sealed class SharedObject
{
    private readonly ElfImage _image;

    public SharedObject(AddressSpace space, ElfImage image, uint bias)
    {
        (_image, Bias) = (image, bias);
        GuestWords memory = new(space.Mmu);
        bool isDynamic = image.TryFind(ElfSegmentKind.Dynamic, out ElfSegment dynamic);
        Section = isDynamic ? DynamicSection.Read(ref memory, dynamic.Address + bias, bias) : new();
        Needed = [.. Section.Needed.Select(offset => Encoding.UTF8.GetString(memory.String(Section.Strings + offset)))];
        string path = image.File.Name;
        Name = Section.Name == 0
            ? path[(path.LastIndexOf('/') + 1)..]
            : Encoding.UTF8.GetString(memory.String(Section.Strings + Section.Name));
        IsBroken = memory.IsBroken;
    }

    /// <summary>The name that others use for it: DT_SONAME, or the last part of its path.</summary>
    public string Name { get; }

    /// <summary>The distance to add to the addresses in its tables.</summary>
    public uint Bias { get; }

    public DynamicSection Section { get; }

    /// <summary>The names of the objects it needs.</summary>
    public IReadOnlyList<string> Needed { get; }

    /// <summary>True if its dynamic section is invalid.</summary>
    public bool IsBroken { get; }

    public FileObject File => _image.File.File;

    public LoadedLibrary Description => LoadedLibrary.Of(_image, Bias);

    /// <summary>Makes read-only segments writable for relocations in text, or read-only again.</summary>
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

    /// <summary>Makes the parts read-only that only relocation writes (PT_GNU_RELRO). glibc: _dl_protect_relro.</summary>
    public Errno ProtectRelocated(AddressSpace space) => _image.TryFind(ElfSegmentKind.GnuRelocatedReadOnly, out ElfSegment segment)
        ? Protect(space, segment.Address, segment.MemoryByteLength, MemoryProtection.Read, wholePages: false)
        : Errno.None;

    private Errno Protect(AddressSpace space, uint address, uint byteLength, MemoryProtection rights, bool wholePages)
    {
        const uint inPage = VirtualAddress.OffsetMask;
        uint start = (address + Bias) & ~inPage;
        uint end = (address + Bias + byteLength + (wholePages ? inPage : 0)) & ~inPage;
        return end <= start ? Errno.None : space.Protect(new(start), end - start, rights);
    }
}
