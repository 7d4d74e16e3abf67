using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Paging.Programs.Images;

/// <summary>Names files by their first bytes that hold memory in a form other than raw bytes or ELF, or that are compressed.</summary>
internal static class ImageKinds
{
    private const string Convert = "convert it to raw memory or an ELF core file first";

    // makedumpfile -E needs the vmcoreinfo that a kernel's dump has, and QEMU's has not
    private const string MakeElf =
        "QEMU's dump-guest-memory without -z, -l and -s writes an ELF file, and of a dump of a kernel makedumpfile -E";
    private const string MakeElfFromFlat = MakeElf + " after -R";

    private static readonly ImmutableArray<(ImmutableArray<byte> Magic, string Name, string Advice)> Kinds =
    [
        // makedumpfile's print_info, and QEMU's dump-guest-memory with -z, -l and -s
        ("KDUMP   "u8.ToImmutableArray(), "a compressed dump of makedumpfile (kdump)", MakeElf),
        ("DISKDUMP"u8.ToImmutableArray(), "a compressed dump of diskdump", MakeElf),
        ("makedumpfile\0"u8.ToImmutableArray(), "a flattened dump of makedumpfile", MakeElfFromFlat),
        ("EMiL"u8.ToImmutableArray(), "a LiME dump", "LiME's format=raw or format=padded writes raw memory"),
        ("PAGEDUMP"u8.ToImmutableArray(), "a crash dump of 32-bit Windows", Convert),
        ("PAGEDU64"u8.ToImmutableArray(), "a crash dump of 64-bit Windows", Convert),
        ("MDMP"u8.ToImmutableArray(), "a minidump of a Windows process", "it has no physical memory"),
        ("hibr"u8.ToImmutableArray(), "a hibernation file of Windows", Convert),
        ("HIBR"u8.ToImmutableArray(), "a hibernation file of Windows", Convert),
        ("wake"u8.ToImmutableArray(), "a hibernation file of Windows", Convert),
        ("WAKE"u8.ToImmutableArray(), "a hibernation file of Windows", Convert),
        ("RSTR"u8.ToImmutableArray(), "a hibernation file of Windows", Convert),
        ("HPAK"u8.ToImmutableArray(), "an HPAK archive of FastDump", "extract its memory first"),
        ("\x7FVirtualBox SavedState"u8.ToImmutableArray(), "a saved state of VirtualBox",
            "VBoxManage debugvm dumpvmcore writes an ELF file"),
        ("KDMV"u8.ToImmutableArray(), "a disk of VMware (VMDK)", "the memory is in the .vmem file"),
        ("QEVM"u8.ToImmutableArray(), "a migration stream of QEMU", "dump-guest-memory writes an ELF file"),
        ("LibvirtQemudSave"u8.ToImmutableArray(), "a saved domain of libvirt", "virsh dump --memory-only writes an ELF file"),
        ("LibvirtQemudPart"u8.ToImmutableArray(), "a part of a saved domain of libvirt", "virsh dump --memory-only writes an ELF file"),
        ([(byte)'Q', (byte)'F', (byte)'I', 0xFB], "a disk of QEMU (qcow2)", "it has no memory of a running machine"),
        ([(byte)'E', (byte)'V', (byte)'F', 9, 13, 10, 0xFF, 0], "an EnCase image", "export raw memory first"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "a file compressed by xz", "xz -dk unpacks it"),
        ([0x1F, 0x8B], "a file compressed by gzip", "gzip -dk unpacks it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "a file compressed by zstd", "zstd -d unpacks it"),
        ([(byte)'B', (byte)'Z', (byte)'h'], "a file compressed by bzip2", "bzip2 -dk unpacks it"),
        ([0x04, 0x22, 0x4D, 0x18], "a file compressed by lz4", "lz4 -d unpacks it"),
        ([0x5D, 0, 0, 0x80, 0], "a file compressed by lzma", "xz -dk unpacks it"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], "an archive of 7-Zip", "unpack it first"),
        ([(byte)'P', (byte)'K', 3, 4], "a ZIP archive", "unpack it first"),
    ];

    // A .vmss or .vmsn file begins with one of these: VMware's checkpoint formats
    private static ReadOnlySpan<uint> VmwareStates => [0xBED2_BED0, 0xBAD1_BAD1, 0xBED2_BED2, 0xBED3_BED3];

    /// <summary>Returns the kind and what to do about it, in one sentence; null for a file that may be raw memory.</summary>
    /// <param name="start">The first bytes of the file.</param>
    public static string? Explain(ReadOnlySpan<byte> start)
    {
        foreach ((ImmutableArray<byte> magic, string name, string advice) in Kinds)
            if (start.StartsWith(magic.AsSpan())) return $"this is {name}, which is not read; {advice}";
        return start.Length >= 4 && VmwareStates.Contains(BinaryPrimitives.ReadUInt32LittleEndian(start))
            ? "this is a saved state of VMware, which is not read; the memory is in the .vmem file beside it" : null;
    }
}
