using System.Buffers.Binary;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

//   0      8         12          16           24           32      40        44       48
//  ┌──────┬─────────┬───────────┬────────────┬────────────┬───────┬─────────┬────────┬───────┬─────┬───────┐
//  │magic │ version │ processes │ length of  │ offset of  │ pages │ CRC of  │ CRC of │ areas │  0  │ pages │
//  │      │         │           │ the areas  │ the pages  │       │ areas   │ 0 – 44 │       │     │       │
//  └──────┴─────────┴───────────┴────────────┴────────────┴───────┴─────────┴────────┴───────┴─────┴───────┘
/// <summary>An image as a file, whose pages are mapped when it is opened.</summary>
/// <remarks>
/// Little-endian. The areas are a saved form with its own version (<see cref="SnapshotFormat"/>); processes is 0 for the image of one
/// process. Checksums are CRC-32C. Pages have none, because opening an image reads none of them.
/// </remarks>
internal static class ImageFile
{
    /// <summary>The version that is written. There is no older one.</summary>
    public const uint Version = 1;

    private const ulong Magic = 0x4D49_474E_4947_4150;    // "PAGINGIM"
    private const int HeaderLength = 48, CheckedLength = 44;

    /// <summary>Writes an image.</summary>
    /// <exception cref="NotSupportedException">It has marked bytes, whose form is not part of the file.</exception>
    public static void Write(Stream stream, ImageContent content, int processCount)
    {
        if (content.Shadows.Any(static shadow => shadow is not null))
            throw new NotSupportedException("Cannot save the image: a process has bytes that are marked by a ByteShadow.");
        const long page = VirtualAddress.PageSize;
        long pagesAt = (HeaderLength + content.Areas.Length + page - 1) / page * page;
        byte[] start = new byte[pagesAt];
        BinaryPrimitives.WriteUInt64LittleEndian(start, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(12), (uint)processCount);
        BinaryPrimitives.WriteUInt64LittleEndian(start.AsSpan(16), (ulong)content.Areas.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(start.AsSpan(24), (ulong)pagesAt);
        BinaryPrimitives.WriteUInt64LittleEndian(start.AsSpan(32), content.PageCount.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(40), ChecksumOf(content.Areas));
        BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(44), ChecksumOf(start.AsSpan(0, CheckedLength)));
        content.Areas.CopyTo(start, HeaderLength);
        stream.Write(start);
        stream.Write(content.Pages.Span);
    }

    /// <summary>Opens an image. Cost: O(areas); no page is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isEngine">True for the image of an engine.</param>
    /// <exception cref="InvalidDataException">It is no image of this kind, one of another version, or damaged.</exception>
    public static ImageContent Open(string path, bool isEngine)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Span<byte> header = stackalloc byte[HeaderLength];
        bool isWhole = file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) == HeaderLength;
        if (!isWhole || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
            throw new InvalidDataException("This is no saved image: it begins otherwise.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (version != Version)
            throw new InvalidDataException($"The saved image has version {version}; this engine reads version {Version}.");
        if (ChecksumOf(header[..CheckedLength]) != BinaryPrimitives.ReadUInt32LittleEndian(header[44..]))
            throw Damaged("the checksum of its header is wrong");
        uint processes = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (processes != 0 != isEngine) throw new InvalidDataException(isEngine
            ? "This is the image of a process: ProcessImage.Open opens it." : "This is the image of an engine: EngineImage.Open opens it.");
        ulong areasLength = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        ulong pagesAt = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        ulong pages = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        if (pages > int.MaxValue >> VirtualAddress.PageShift || pagesAt % VirtualAddress.PageSize != 0 || pagesAt > int.MaxValue
            || areasLength > pagesAt - HeaderLength || (ulong)file.Length != pagesAt + (pages << VirtualAddress.PageShift)
            || processes > areasLength)
            throw Damaged($"it has {file.Length} bytes, which its header does not tell");
        byte[] areas = new byte[areasLength];
        file.ReadExactly(areas);
        if (ChecksumOf(areas) != BinaryPrimitives.ReadUInt32LittleEndian(header[40..])) throw Damaged("the checksum of its areas is wrong");
        Memory<byte> memory = pages == 0 ? default : new MappedPages(file, (long)pagesAt, (int)(pages << VirtualAddress.PageShift)).Memory;
        return new(areas, memory, new Spaces.ShadowNode?[Math.Max(processes, 1)]);
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> bytes) => ~Checksum.Append(uint.MaxValue, bytes);

    private static InvalidDataException Damaged(string what) => new($"The saved image is damaged: {what}.");
}
