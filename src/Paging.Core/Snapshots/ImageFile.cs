using System.Buffers.Binary;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

//   0      8         12          16           24           32          40         44         48     64       80          84
//  ┌──────┬─────────┬───────────┬────────────┬────────────┬───────────┬──────────┬──────────┬──────┬────────┬───────────┬──────────
//  │magic │ version │ processes │ length of  │ offset of  │ own pages │ CRC of   │ number   │ hash │ hash of│ ancestors │ length of
//  │      │         │           │ the areas  │ the pages  │           │ 128 – up │ of runs  │      │ parent │           │ the marks
//  └──────┴─────────┴───────────┴────────────┴────────────┴───────────┴──────────┴──────────┴──────┴────────┴───────────┴──────────
//   88: │ 0 │ 124: CRC of 0 – 124 │ 128: areas │ runs of a delta: pages, layer, place │ marks │ 0 │ own pages
/// <summary>An image as a file, whose pages are mapped when it is opened.</summary>
/// <remarks>
/// Little-endian. The areas are a saved form with its own version (<see cref="SnapshotFormat"/>); processes is 0 for the image of one
/// process. Checksums are CRC-32C. Pages have none, because opening an image reads none of them; the hash covers them
/// (<see cref="ImageHash"/>). A delta has a parent, whose hash is not 0, and runs (<see cref="SlotRun"/>).
/// Version 2 has no marked bytes (<see cref="SavedMarks"/>), and zeros for their length. Version 1 has no deltas and no hash, either: its
/// header ends at 48, after the checksums of the areas and of 0 – 44.
/// </remarks>
internal static class ImageFile
{
    /// <summary>The version that is written.</summary>
    public const uint Version = 3;

    /// <summary>The oldest version that is read.</summary>
    public const uint OldestVersion = 1;

    private const ulong Magic = 0x4D49_474E_4947_4150;    // "PAGINGIM"
    private const int OldHeaderLength = 48, OldCheckedLength = 44, HeaderLength = 128, CheckedLength = 124;
    private const int HashOffset = 48, ParentOffset = 64, AncestorsOffset = 80, MarksOffset = 84, RunLength = 3 * sizeof(uint);

    /// <summary>Writes an image.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="content">The image.</param>
    /// <param name="isWhole">True: with all pages and without a parent.</param>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public static void Write(Stream stream, ImageContent content, bool isWhole)
    {
        const long page = VirtualAddress.PageSize;
        ImageContent? parent = isWhole ? null : content.Parent;
        SlotRun[] runs = parent is null ? [] : content.Slots;
        long ownPages = (isWhole ? content.PageCount : content.OwnPageCount).Value;
        if (ownPages > int.MaxValue >> VirtualAddress.PageShift)
            throw new NotSupportedException($"Cannot save the image whole: it has {ownPages >> 8} MiB of pages, and the limit is 2 GiB.");
        byte[] marks = content.Marks;
        int marksAt = HeaderLength + content.Areas.Length + (runs.Length * RunLength);
        long pagesAt = ((long)marksAt + marks.Length + page - 1) / page * page;
        byte[] start = new byte[pagesAt];
        content.Areas.CopyTo(start, HeaderLength);
        ToBytes(runs).CopyTo(start, HeaderLength + content.Areas.Length);
        marks.CopyTo(start, marksAt);
        Span<byte> header = start.AsSpan(0, HeaderLength);
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], content.IsEngine ? (uint)content.Shadows.Length : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], (ulong)content.Areas.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)pagesAt);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)ownPages);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], ChecksumOf(start.AsSpan(HeaderLength)));
        BinaryPrimitives.WriteUInt32LittleEndian(header[44..], (uint)runs.Length);
        (isWhole && content.Parent is not null ? ImageHash.Of(content, isWhole: true) : content.Hash).CopyTo(header[HashOffset..]);
        parent?.Hash.CopyTo(header[ParentOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[AncestorsOffset..], parent is null ? 0 : (uint)content.AncestorCount);
        BinaryPrimitives.WriteUInt32LittleEndian(header[MarksOffset..], (uint)marks.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[CheckedLength..], ChecksumOf(header[..CheckedLength]));
        stream.Write(start);
        if (isWhole) foreach (SlotRun run in content.Slots) stream.Write(content.BytesOf(run));
        else stream.Write(content.Pages.Span);
    }

    /// <summary>The runs as a delta has them.</summary>
    public static byte[] ToBytes(ReadOnlySpan<SlotRun> runs)
    {
        byte[] bytes = new byte[runs.Length * RunLength];
        for (int i = 0; i < runs.Length; i++)
        {
            Span<byte> run = bytes.AsSpan(i * RunLength);
            BinaryPrimitives.WriteUInt32LittleEndian(run, runs[i].Count);
            BinaryPrimitives.WriteUInt32LittleEndian(run[4..], runs[i].Layer);
            BinaryPrimitives.WriteUInt32LittleEndian(run[8..], runs[i].Index);
        }

        return bytes;
    }

    /// <summary>Opens an image. Cost: O(areas and runs); no page is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isEngine">True for the image of an engine.</param>
    /// <param name="parent">The image that it is a delta against; null: it is none.</param>
    /// <exception cref="InvalidDataException">
    /// It is no image of this kind, one of another version, or damaged; or the delta of another image.
    /// </exception>
    public static ImageContent Open(string path, bool isEngine, ImageContent? parent)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        byte[] header = ReadHeader(file);
        bool isOld = header.Length == OldHeaderLength;
        uint processes = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        if (processes != 0 != isEngine) throw new InvalidDataException(isEngine
            ? "This is the image of a process: ProcessImage.Open opens it." : "This is the image of an engine: EngineImage.Open opens it.");
        uint ancestors = isOld ? 0 : CheckParent(header, parent);
        if (isOld && parent is not null) throw NoDelta();
        ulong areasLength = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16));
        ulong pagesAt = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(24));
        ulong pages = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32));
        ulong runs = isOld ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(44));
        ulong marksLength = isOld ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(MarksOffset));
        if (pages > int.MaxValue >> VirtualAddress.PageShift || pagesAt % VirtualAddress.PageSize != 0 || pagesAt > int.MaxValue
            || pagesAt < (ulong)header.Length || areasLength > pagesAt - (ulong)header.Length
            || (runs * RunLength) + marksLength > pagesAt - (ulong)header.Length - areasLength || processes > areasLength
            || (ulong)file.Length != pagesAt + (pages << VirtualAddress.PageShift) || (parent is null && runs != 0))
            throw Damaged($"it has {file.Length} bytes, which its header does not tell");
        byte[] rest = new byte[isOld ? areasLength : pagesAt - (ulong)header.Length];
        file.ReadExactly(rest);
        if (ChecksumOf(rest) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(40)))
            throw Damaged("the checksum of its areas is wrong");
        byte[] areas = rest[..(int)areasLength];
        Memory<byte> memory = pages == 0 ? default : new MappedPages(file, (long)pagesAt, (int)(pages << VirtualAddress.PageShift)).Memory;
        Spaces.ShadowNode?[] shadows = new Spaces.ShadowNode?[Math.Max(processes, 1)];
        if (isOld) return new(areas, memory, shadows);
        int marksAt = (int)areasLength + ((int)runs * RunLength);
        SavedMarks.FromBytes(rest[marksAt..(marksAt + (int)marksLength)], shadows);
        byte[] hash = header[HashOffset..ParentOffset];
        if (parent is null) return new(areas, memory, shadows) { Hash = hash };
        SlotRun[] slots = ReadRuns(rest.AsSpan((int)areasLength, (int)runs * RunLength), parent, (uint)pages);
        return new(areas, memory, shadows) { Hash = hash, Parent = parent, AncestorCount = (int)ancestors, Slots = slots };
    }

    private static byte[] ReadHeader(FileStream file)
    {
        byte[] header = new byte[HeaderLength];
        int length = file.ReadAtLeast(header.AsSpan(0, OldHeaderLength), OldHeaderLength, throwOnEndOfStream: false);
        if (length < OldHeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
            throw new InvalidDataException("This is not a saved image: it does not begin like one.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        if (version is < OldestVersion or > Version)
            throw new InvalidDataException(
                $"The saved image has version {version}; this engine reads versions {OldestVersion} to {Version}.");
        int sum = OldCheckedLength;
        if (version == OldestVersion) Array.Resize(ref header, OldHeaderLength);
        else
        {
            sum = CheckedLength;
            length = HeaderLength - OldHeaderLength;
            if (file.ReadAtLeast(header.AsSpan(OldHeaderLength), length, throwOnEndOfStream: false) < length)
                throw Damaged($"it has {file.Length} bytes, which is less than a header");
        }

        if (ChecksumOf(header.AsSpan(0, sum)) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(sum)))
            throw Damaged("the checksum of its header is wrong");
        return header;
    }

    /// <summary>Compares the parent with that of the file. Returns the number of ancestors.</summary>
    private static uint CheckParent(ReadOnlySpan<byte> header, ImageContent? parent)
    {
        ReadOnlySpan<byte> wanted = header[ParentOffset..AncestorsOffset];
        uint ancestors = BinaryPrimitives.ReadUInt32LittleEndian(header[AncestorsOffset..]);
        bool isDelta = wanted.ContainsAnyExcept((byte)0);
        if (!isDelta && parent is not null) throw NoDelta();
        if (isDelta && parent is null)
            throw new InvalidDataException(
                $"The saved image is a delta against the image {ImageHash.Short(wanted)}: open it with that one as its parent.");
        if (!isDelta) return 0;
        if (!wanted.SequenceEqual(parent!.Hash))
            throw new InvalidDataException($"The saved image is a delta against the image {ImageHash.Short(wanted)}, "
                + $"and the given parent is the image {ImageHash.Short(parent.Hash)}.");
        if (ancestors > ImageContent.AncestorCountMax || ancestors != (uint)parent.AncestorCount + 1)
            throw Damaged($"it has {ancestors} ancestors, and its parent {parent.AncestorCount}");
        return ancestors;
    }

    private static SlotRun[] ReadRuns(ReadOnlySpan<byte> bytes, ImageContent parent, uint ownPages)
    {
        SlotRun[] runs = new SlotRun[bytes.Length / RunLength];
        uint next = 0;
        for (int i = 0; i < runs.Length; i++)
        {
            ReadOnlySpan<byte> run = bytes[(i * RunLength)..];
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(run), layer = BinaryPrimitives.ReadUInt32LittleEndian(run[4..]);
            uint index = BinaryPrimitives.ReadUInt32LittleEndian(run[8..]);
            bool isLayer = layer <= (uint)parent.AncestorCount + 1;
            uint there = !isLayer ? 0 : layer == 0 ? ownPages : parent.LayerAt(layer - 1).OwnPageCount.Value;
            bool isThere = count != 0 && count <= there && index <= there - count && count <= uint.MaxValue - next;
            if (!isThere) throw Damaged($"run {i} is of no page");
            runs[i] = new(next, count, layer, index);
            next += count;
        }

        return runs;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> bytes) => ~Checksum.Append(uint.MaxValue, bytes);

    private static InvalidDataException NoDelta() => new("The saved image is not a delta: open it without a parent.");

    private static InvalidDataException Damaged(string what) => new($"The saved image is damaged: {what}.");
}
