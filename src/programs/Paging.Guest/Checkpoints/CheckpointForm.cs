using System.Buffers.Binary;
using System.Security.Cryptography;
using Paging.Guest.Records;

namespace Paging.Guest.Checkpoints;

//   magic │ version │ length │ records │ SHA-256 of all before │ bytes │ … │ memory │ …
//   bytes: pages of files without a path, and their SHA-256         memory: of one space, as Core's Snapshot.Save writes it
/// <summary>The form of a checkpoint: a checked block of records, then pages. Little-endian.</summary>
internal static class CheckpointForm
{
    /// <summary>The version; grows when the format changes.</summary>
    public const uint Version = 2;

    private const ulong Magic = 0x4B43_474E_4947_4150;    // "PAGINGCK"
    private const int HeaderByteLength = 16;
    private const int RecordsByteLengthMax = 1 << 30;    // far more than a machine has; an int must hold it

    public static void WriteRecords(Stream stream, ReadOnlyMemory<byte> records)
    {
        byte[] block = new byte[HeaderByteLength + records.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(12), records.Length);
        records.Span.CopyTo(block.AsSpan(HeaderByteLength));
        stream.Write(block);
        stream.Write(SHA256.HashData(block));
    }

    /// <summary>Reads the block of records.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged, or of another version.</exception>
    public static ReadOnlyMemory<byte> ReadRecords(Stream stream)
    {
        byte[] header = new byte[HeaderByteLength];
        int count = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (count < header.Length || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
            throw new InvalidDataException("This is not a checkpoint: it does not begin like one.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        if (version != Version)
            throw new InvalidDataException($"The checkpoint has version {version}; this program reads version {Version}.");
        int length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
        if (length is < 0 or > RecordsByteLengthMax) throw RecordReader.Damaged("its length is wrong");
        byte[] block = Receive(stream, header, length);
        byte[] hash = Receive(stream, [], SHA256.HashSizeInBytes);
        if (!SHA256.HashData(block).AsSpan().SequenceEqual(hash)) throw RecordReader.Damaged("its checksum is wrong");
        return block.AsMemory(HeaderByteLength);
    }

    /// <summary>Reads in pieces, so that a wrong length takes no more memory than there are bytes.</summary>
    private static byte[] Receive(Stream stream, byte[] before, int length)
    {
        using MemoryStream all = new();
        all.Write(before);
        byte[] piece = new byte[Math.Min(length, 1 << 16)];    // grown as bytes arrive: a damaged length may be huge
        for (int left = length; left > 0;)
        {
            int count = stream.Read(piece, 0, Math.Min(left, piece.Length));
            if (count == 0) throw RecordReader.Damaged("it ends too early");
            all.Write(piece, 0, count);
            left -= count;
        }

        return all.ToArray();
    }
}
