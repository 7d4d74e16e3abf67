using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;
using Paging.Windows.Sections;

namespace Paging.WindowsGuest.Images;

/// <summary>Puts an image into a process: a view of an image section, then relocations and imports in copies of its pages.</summary>
/// <remarks>
/// Pages that are not written stay those of the section. Windows: LdrpMapDllNtFileName, LdrRelocateImage, LdrpSnapIAT,
/// LdrpProtectAndRelocateImage.
/// </remarks>
internal static class PeMapper
{
    private const int RelocationNone = 0, RelocationHighLow = 3, PageLength = 0x1000;

    /// <summary>Loads an image.</summary>
    /// <param name="process">The process that maps it.</param>
    /// <param name="file">Its file, open to be read.</param>
    /// <param name="image">The file's parsed headers.</param>
    /// <param name="resolve">Gives the address of an imported function.</param>
    /// <param name="start">Its first address.</param>
    /// <param name="refusal">The reason why it could not be loaded, in words.</param>
    public static bool TryMap(
        WindowsProcess process, WindowsFile file, PeImage image, Func<PeImport, VirtualAddress> resolve, out VirtualAddress start,
        out string refusal)
    {
        if (!TryMapView(process, file, image, out start, out refusal)) return false;
        byte[] bytes = new byte[image.ByteLength];    // only after TryMapView: the length in the headers may be absurd
        image.CopyTo(0, bytes);
        refusal = "damaged relocations";
        if (start.Value != image.PreferredBase && !TryRelocate(bytes, image, start.Value - image.PreferredBase)) return false;
        refusal = "damaged imports";
        if (!image.TryReadImports(bytes, out List<PeImport> imports)) return false;
        foreach (PeImport import in imports)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)import.Place), resolve(import).Value);
        refusal = "no memory for it";
        return TryWriteChanges(process, image, start, bytes);
    }

    /// <summary>Maps a view of an image section of a file.</summary>
    private static bool TryMapView(
        WindowsProcess process, WindowsFile file, PeImage image, out VirtualAddress start, out string refusal)
    {
        (start, refusal) = (default, "no memory for it");
        Win32Error error = process.Sections.CreateFileMapping(
            file, PageProtection.ReadOnly, SectionFlags.Image, 0, name: null, out SectionHandle section);
        if (error != Win32Error.Success) return false;
        uint length = 0;
        NtStatus status = process.Native.NtMapViewOfSection(
            section, ref start, 0, 0, 0, ref length, AllocationTypes.None, PageProtection.ReadOnly);
        process.Sections.CloseHandle(section);    // the view keeps the section
        bool mayLieHere = status == NtStatus.Success || image.IsRelocatable;    // else STATUS_IMAGE_NOT_AT_BASE
        if (!mayLieHere) refusal = $"its place at {new VirtualAddress(image.PreferredBase)} is taken, and it cannot lie elsewhere";
        return status.IsSuccess() && mayLieHere;
    }

    /// <summary>Writes the pages that differ from the section's: each is copied then.</summary>
    private static bool TryWriteChanges(WindowsProcess process, PeImage image, VirtualAddress start, ReadOnlySpan<byte> bytes)
    {
        Span<byte> before = stackalloc byte[PageLength];
        for (uint place = 0; place < image.ByteLength; place += PageLength)
        {
            ReadOnlySpan<byte> page = bytes.Slice((int)place, PageLength);
            image.CopyTo(place, before);
            if (page.SequenceEqual(before)) continue;    // it stays shared
            VirtualAddress at = start + place;
            if (process.Memory.VirtualProtect(at, PageLength, PageProtection.ReadWrite, out PageProtection old) != Win32Error.Success
                || process.Access.WriteProcessMemory(at, page, out _) != Win32Error.Success
                || process.Memory.VirtualProtect(at, PageLength, old, out _) != Win32Error.Success) return false;
        }

        return true;
    }

    /// <summary>Adds the distance to every word that holds an address. Blocks: page, length in bytes, then 16 bits a place.</summary>
    private static bool TryRelocate(Span<byte> bytes, PeImage image, uint distance)
    {
        (uint at, uint length) = image.Relocations;
        uint end = at + length;
        while (at < end)
        {
            if (!PeImage.TryWord(bytes, at, out uint page) || !PeImage.TryWord(bytes, at + 4, out uint blockLength)) return false;
            // Below 8, the length of a block's head, the loop would not end
            if (blockLength < 8 || blockLength > end - at || (ulong)at + blockLength > (ulong)bytes.Length) return false;
            for (uint entry = at + 8; entry + 2 <= at + blockLength; entry += 2)
            {
                ushort word = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(int)entry..]);
                if (word >> 12 == RelocationNone) continue;    // it pads a block to 4 bytes
                uint place = page + (word & 0xFFFu);
                if (word >> 12 != RelocationHighLow || !PeImage.TryWord(bytes, place, out uint value)) return false;
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(int)place..], value + distance);
            }

            at += blockLength;
        }

        return true;
    }
}
