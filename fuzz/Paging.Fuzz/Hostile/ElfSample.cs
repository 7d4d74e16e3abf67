using System.Buffers.Binary;
using System.Text;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// Makes ELF images that are right: a few segments on pages of their own, one with memory after its bytes, perhaps an interpreter.
/// </summary>
internal static class ElfSample
{
    public const int SegmentsAt = 52, SegmentByteLength = 32;
    public const uint Load = 1, InterpreterKind = 3;

    /// <summary>The path that images name.</summary>
    public const string InterpreterPath = "/lib/ld.so";

    private const uint GnuStack = 0x6474_E551;

    /// <summary>An image.</summary>
    /// <param name="random">Chance.</param>
    /// <param name="isProgram">May be bound to addresses, and may name an interpreter.</param>
    public static byte[] Make(FuzzRandom random, bool isProgram)
    {
        bool isBound = isProgram && random.Percent(60);
        bool hasInterpreter = isProgram && random.Percent(30);
        int loadCount = random.Between(1, 4);
        bool hasStack = random.Percent(60);
        int headerCount = loadCount + (hasInterpreter ? 1 : 0) + (hasStack ? 1 : 0);
        List<byte> bytes = [.. new byte[SegmentsAt + (headerCount * SegmentByteLength)]];
        int header = 0;
        if (hasInterpreter)
        {
            byte[] path = [.. Encoding.ASCII.GetBytes(InterpreterPath), 0];
            Segment(bytes, header++, InterpreterKind, (uint)bytes.Count, 0, (uint)path.Length, (uint)path.Length, 4);
            bytes.AddRange(path);
        }

        uint address = isBound ? 0x0804_8000u : 0;
        for (int load = 0; load < loadCount; load++)
        {
            uint byteLength = load == 0 ? (uint)bytes.Count : random.OneOf<uint>([0, 1, 100, 4095, 4096, 5000]);
            uint inPage = load == 0 ? 0 : random.OneOf<uint>([0, 0, 16, 0xF34]);
            while (load > 0 && (bytes.Count & 0xFFF) != inPage) bytes.Add(0xCC);
            uint offset = load == 0 ? 0 : (uint)bytes.Count;
            for (uint i = 0; load > 0 && i < byteLength; i++) bytes.Add((byte)random.Next());
            uint after = load == loadCount - 1 || random.Percent(30) ? random.OneOf<uint>([0, 1, 4096, 9000]) : 0;
            if (byteLength + after == 0) after = 1;
            uint rights = load == 0 ? 5u : random.OneOf<uint>([4, 6, 6, 5, 7]);
            Segment(bytes, header++, Load, offset, address + inPage, byteLength, byteLength + after, rights);
            address += ((inPage + byteLength + after + 0xFFF) & ~0xFFFu) + (random.Below(3u) << 12);
        }

        if (hasStack) Segment(bytes, header, GnuStack, 0, 0, 0, 0, random.OneOf<uint>([6, 7]));
        byte[] image = [.. bytes];
        Head(image, isBound, headerCount);
        return image;
    }

    private static void Head(Span<byte> image, bool isBound, int headerCount)
    {
        ReadOnlySpan<byte> start = [0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1];
        start.CopyTo(image);
        BinaryPrimitives.WriteUInt16LittleEndian(image[16..], (ushort)(isBound ? 2 : 3));
        BinaryPrimitives.WriteUInt16LittleEndian(image[18..], 3);
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], isBound ? 0x0804_8040u : 0x40);
        BinaryPrimitives.WriteUInt32LittleEndian(image[28..], SegmentsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(image[40..], SegmentsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(image[42..], SegmentByteLength);
        BinaryPrimitives.WriteUInt16LittleEndian(image[44..], (ushort)headerCount);
    }

    private static void Segment(List<byte> bytes, int number, uint kind, uint offset, uint address, uint fileByteLength,
        uint memoryByteLength, uint rights)
    {
        ReadOnlySpan<uint> words = [kind, offset, address, address, fileByteLength, memoryByteLength, rights, 0x1000];
        Span<byte> place = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)
            .Slice(SegmentsAt + (number * SegmentByteLength), SegmentByteLength);
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(place[(i * 4)..], words[i]);
    }
}
