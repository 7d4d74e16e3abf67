using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Images;

/// <summary>Puts an image into a process: memory, bytes, relocations, imports, then the protections of its sections.</summary>
/// <remarks>
/// The image is private memory, as a loader outside the kernel would make it; Windows makes it a view of an image section.
/// Windows: LdrpMapDllNtFileName, LdrRelocateImage, LdrpSnapIAT, LdrpProtectAndRelocateImage.
/// </remarks>
internal static class PeMapper
{
    private const int RelocationNone = 0, RelocationHighLow = 3;

    /// <summary>Loads an image.</summary>
    /// <param name="process">Where.</param>
    /// <param name="image">What.</param>
    /// <param name="resolve">Gives the address of an imported function.</param>
    /// <param name="start">Where it lies now.</param>
    /// <param name="refusal">Why it could not be loaded, in words.</param>
    public static bool TryMap(
        WindowsProcess process, PeImage image, Func<PeImport, VirtualAddress> resolve, out VirtualAddress start, out string refusal)
    {
        start = new(image.PreferredBase);
        if (!TryReserve(process, image, ref start))
        {
            refusal = image.IsRelocatable ? "no memory for it" : $"its place at {start} is taken, and it cannot lie elsewhere";
            return false;
        }

        byte[] bytes = Compose(image);    // not before there is room for it: the headers may say anything
        refusal = "damaged relocations";
        if (start.Value != image.PreferredBase && !TryRelocate(bytes, image, start.Value - image.PreferredBase)) return false;
        refusal = "damaged imports";
        if (!image.TryReadImports(bytes, out List<PeImport> imports)) return false;
        foreach (PeImport import in imports)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)import.Place), resolve(import).Value);
        refusal = "no memory for it";
        return process.Access.WriteProcessMemory(start, bytes, out _) == Win32Error.Success && TryProtect(process, image, start);
    }

    /// <summary>The image as it lies in memory, before anything is changed.</summary>
    private static byte[] Compose(PeImage image)
    {
        byte[] bytes = new byte[image.ByteLength];
        image.File[..(int)image.HeaderByteLength].CopyTo(bytes);
        foreach (PeSection section in image.Sections)
            image.File.Slice((int)section.FileOffset, (int)section.FileByteLength).CopyTo(bytes.AsSpan((int)section.Place));
        return bytes;
    }

    private static bool TryReserve(WindowsProcess process, PeImage image, ref VirtualAddress start)
    {
        AllocationTypes types = AllocationTypes.Reserve | AllocationTypes.Commit;
        uint length = image.ByteLength;
        VirtualAddress wanted = start;
        NtStatus status = NtStatus.ConflictingAddresses;
        if (wanted.Value != 0)
            status = process.Native.NtAllocateVirtualMemory(ref start, 0, ref length, types, PageProtection.ReadWrite);
        if (status == NtStatus.Success) return true;
        start = wanted;
        if (!image.IsRelocatable) return false;
        (start, length) = (default, image.ByteLength);
        return process.Native.NtAllocateVirtualMemory(ref start, 0, ref length, types, PageProtection.ReadWrite) == NtStatus.Success;
    }

    /// <summary>Adds the distance to every word that holds an address. Blocks: page, length in bytes, then 16 bits a place.</summary>
    private static bool TryRelocate(Span<byte> bytes, PeImage image, uint distance)
    {
        (uint at, uint length) = image.Relocations;
        uint end = at + length;
        while (at < end)
        {
            if (!PeImage.TryWord(bytes, at, out uint page) || !PeImage.TryWord(bytes, at + 4, out uint blockLength)) return false;
            if (blockLength < 8 || blockLength > end - at || (ulong)at + blockLength > (ulong)bytes.Length) return false;
            for (uint entry = at + 8; entry + 2 <= at + blockLength; entry += 2)
            {
                ushort word = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(int)entry..]);
                if (word >> 12 == RelocationNone) continue;
                uint place = page + (word & 0xFFFu);
                if (word >> 12 != RelocationHighLow || !PeImage.TryWord(bytes, place, out uint value)) return false;
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(int)place..], value + distance);
            }

            at += blockLength;
        }

        return true;
    }

    private static bool TryProtect(WindowsProcess process, PeImage image, VirtualAddress start)
    {
        Win32Error error = process.Memory.VirtualProtect(start, image.HeaderByteLength, PageProtection.ReadOnly, out _);
        if (error != Win32Error.Success) return false;
        foreach (PeSection section in image.Sections)
        {
            if (section.ByteLength == 0) continue;
            VirtualAddress place = start + section.Place;
            if (process.Memory.VirtualProtect(place, section.ByteLength, section.Protection, out _) != Win32Error.Success) return false;
        }

        return true;
    }
}
