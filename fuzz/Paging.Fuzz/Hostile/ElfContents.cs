using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Compares a program in memory with the bytes it was loaded from, by a reading of the image that is not the loader's.</summary>
internal static class ElfContents
{
    private readonly record struct Segment(uint Offset, uint Address, uint FileByteLength, uint MemoryByteLength, uint Rights)
    {
        public uint FirstPage => Address >> 12;
        public uint EndPage => (uint)(((ulong)Address + MemoryByteLength + 0xFFF) >> 12);
        public bool IsWritable => (Rights & 2) != 0;
    }

    /// <summary>Returns the first difference from the image; null if there is none.</summary>
    /// <remarks>
    /// Segments that share a page are passed over: which of the two its bytes come from follows from the order of the headers.
    /// </remarks>
    public static string? Compare(byte[] image, UserProcess process, uint bias, FuzzRandom random)
    {
        List<Segment> segments = Read(image);
        foreach (Segment segment in segments)
        {
            bool shares = segments.Exists(other =>
                other != segment && other.FirstPage < segment.EndPage && segment.FirstPage < other.EndPage);
            if (shares || (segment.Rights & 7) == 0) continue;
            uint last = segment.MemoryByteLength - 1;
            ReadOnlySpan<uint> places =
                [0, last, Math.Min(segment.FileByteLength, last), segment.FileByteLength == 0
                ? 0 : segment.FileByteLength - 1, random.Below(last + 1), random.Below(last + 1)];
            foreach (uint place in places)
            {
                VirtualAddress address = new(segment.Address + bias + place);
                if (Expected(image, segment, place) is not { } expected) continue;
                if (!process.Memory.Mmu.TryRead(address, out byte found, out MemoryFault fault))
                    return $"byte {place:x} of the segment at {segment.Address:x8} cannot be read: {fault.Kind}";
                if (found != expected)
                    return $"byte {place:x} of the segment at {segment.Address:x8} is {found:x2}, in the image {expected:x2}";
            }
        }

        return null;
    }

    /// <summary>
    /// The file's byte; zero after the file's part, but in a page of the file that cannot be written: there the file goes on.
    /// The image's last page goes on with zeros, and the pages after it are not there (SIGBUS).
    /// </summary>
    private static byte? Expected(byte[] image, in Segment segment, uint place)
    {
        ulong offset = (ulong)segment.Offset + place, endOfImage = ((ulong)image.Length + 0xFFF) & ~0xFFFul;
        if (place < segment.FileByteLength)
            return offset < (ulong)image.Length ? image[offset] : offset < endOfImage ? (byte)0 : null;
        uint endOfFilePages = (segment.Address + segment.FileByteLength + 0xFFF) & ~0xFFFu;
        bool isInFilePage = segment.FileByteLength != 0 && segment.Address + place < endOfFilePages;
        return isInFilePage && !segment.IsWritable ? null : (byte)0;
    }

    private static List<Segment> Read(ReadOnlySpan<byte> image)
    {
        List<Segment> segments = [];
        int at = (int)BinaryPrimitives.ReadUInt32LittleEndian(image[28..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(image[44..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = image.Slice(at + (i * ElfSample.SegmentByteLength), ElfSample.SegmentByteLength);
            Segment segment = new(Word(header, 4), Word(header, 8), Word(header, 16), Word(header, 20), Word(header, 24));
            if (Word(header, 0) == ElfSample.Load && segment.MemoryByteLength != 0) segments.Add(segment);
        }

        return segments;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
