using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

//  ┌────────┬────────────────────────┬───────┬─ to a page ─┬────────────┬────────────┬───┬──────────────┐
//  │ header │ PT_NOTE, PT_LOAD, …    │ notes │             │ area 1     │ area 2     │ … │ one section  │  only if segments do not
//  └────────┴────────────────────────┴───────┴─────────────┴────────────┴────────────┴───┴──────────────┘  fit into 16 bits
/// <summary>Writes the memory of a process and the state of its threads as a core file, which gdb and other debuggers open.</summary>
/// <remarks>Linux: fs/binfmt_elf.c elf_core_dump; fs/coredump.c vma_dump_size, dump_user_range.</remarks>
public static class CoreWriter
{
    private const int ManySegments = 0xFFFF;    // PN_XNUM: the count stands in section 0
    private const int SectionByteLength = 40;
    private const ushort CoreKind = 4, Machine386 = 3;    // ET_CORE, EM_386

    /// <summary>Writes the core file of a process, which does not change but for pages that come in from files or swap.</summary>
    /// <param name="process">The process; it has not exited.</param>
    /// <param name="stream">
    /// Receives the file, from the stream's position on. Pages of zeros become holes if it can seek; otherwise nothing is held back.
    /// </param>
    /// <param name="about">Threads, signal and numbers; without threads, a debugger has no registers.</param>
    /// <remarks>
    /// A page that cannot be read (a bus error, a pager that has not answered, a guard) is a hole; bytes that a <see cref="ByteShadow"/>
    /// refuses to the program are written as they are. Areas advised with MADV_DONTDUMP and
    /// devices have no contents. Cost: O(areas + pages in them), and a read of each page with content. Threading: as a system call that
    /// lasts as long; with many threads between EnterSlowPath and its end.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    /// <exception cref="NotSupportedException">The contents take 4 GiB or more, which offsets of 32 bits cannot name.</exception>
    /// <exception cref="IOException">The stream has failed.</exception>
    public static void Write(UserProcess process, Stream stream, CoreProcess about)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(about);
        if (about.Threads is null || about.Threads.Contains(null!))
            throw new ArgumentException("The threads, or one of them, are null.", nameof(about));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(about.SignalInformation.Length, CoreNotes.SignalByteLength, nameof(about));
        AddressSpace memory = process.Memory;
        IReadOnlyList<AreaSnapshot> areas = memory.Areas.Snapshot();
        PageCount[] counts = [.. areas.Select(area => DumpedOf(memory, area, about.Contents))];
        byte[] notes = CoreNotes.Compose(process, about, areas);
        int segments = areas.Count + 1;
        uint notesAt = (uint)(ElfHeader.ByteLength + (segments * ElfSegment.ByteLength));
        uint bytesAt = PageCount.Covering(notesAt + (uint)notes.Length).Value << VirtualAddress.PageShift;
        SparseWriter writer = new(stream);
        ulong fileEnd = bytesAt + (ulong)counts.Sum(static count => (long)count.Bytes);
        if (fileEnd > uint.MaxValue)    // only of a process with more than Linux's 3 GiB
            throw new NotSupportedException(
                $"A core file of 32 bits ends below 4 GiB, and the contents of this process take {fileEnd >> 20} MiB.");
        uint end = (uint)fileEnd;
        writer.Write(Header(segments, end));
        writer.Write(Segment(ElfSegmentKind.Note, notesAt, 0, (uint)notes.Length, 0, 0, sizeof(uint)));
        uint at = bytesAt;
        for (int i = 0; i < areas.Count; i++)
        {
            PageRange range = areas[i].Range;
            uint byteLength = counts[i].Value << VirtualAddress.PageShift, whole = (uint)range.Count.Bytes;
            writer.Write(Segment(ElfSegmentKind.Load, at, range.First.Address.Value, byteLength, whole, RightsOf(areas[i]),
                VirtualAddress.PageSize));
            at += byteLength;
        }

        writer.Write(notes);
        writer.Skip((int)(bytesAt - notesAt) - notes.Length);
        for (int i = 0; i < areas.Count; i++) WritePages(writer, memory, areas[i], counts[i]);
        if (segments >= ManySegments) writer.Write(CountingSection(segments));
        writer.Finish();
    }

    /// <summary>Returns the pages of an area that are written. Linux: vma_dump_size.</summary>
    private static PageCount DumpedOf(AddressSpace memory, AreaSnapshot area, CoreContents contents)
    {
        PageCount none = default, whole = area.Range.Count;
        if ((area.Flags & (AreaFlags.DontDump | AreaFlags.Device)) != 0) return none;
        if (area.IsHugePool)
            return contents.HasFlag(area.IsShared ? CoreContents.SharedHuge : CoreContents.PrivateHuge) ? whole : none;
        if (area.IsShared)
        {
            bool hasNoLink = area.IsSharedAnonymous || area.Name.EndsWith(" (deleted)", StringComparison.Ordinal);    // i_nlink is 0
            return contents.HasFlag(hasNoLink ? CoreContents.SharedAnonymous : CoreContents.SharedFile) ? whole : none;
        }

        if (area.HasOwnPages && contents.HasFlag(CoreContents.PrivateAnonymous)) return whole;
        if (area.ObjectId == 0) return none;
        if (contents.HasFlag(CoreContents.PrivateFile)) return whole;
        bool mayBeginImage = contents.HasFlag(CoreContents.ElfHeaders) && area.ByteOffset == 0
            && (area.Protection & MemoryProtection.Read) != 0;
        return mayBeginImage && BeginsImage(memory, area) ? PageCount.One : none;
    }

    private static bool BeginsImage(AddressSpace memory, AreaSnapshot area)
    {
        Span<byte> start = stackalloc byte[sizeof(uint)];
        return memory.Remote.Read(area.Range.First.Address, start, forced: true) == start.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(start) == ElfHeader.Magic;
    }

    private static void WritePages(SparseWriter writer, AddressSpace memory, AreaSnapshot area, PageCount count)
    {
        Span<byte> bytes = stackalloc byte[(int)VirtualAddress.PageSize];
        PageNumber end = area.Range.First + count;
        for (PageNumber page = area.Range.First; page < end; page += PageCount.One)
        {
            PagemapWord word = memory.ReadPagemap(page);
            // Of anonymous memory only pages that exist: reading another would make its page table
            bool exists = area.ObjectId != 0 || word.IsPresent || word.IsSwapped;
            bool isRead = exists && !word.IsGuard && memory.Remote.Read(page.Address, bytes, forced: true) == bytes.Length;
            if (isRead && bytes.ContainsAnyExcept((byte)0)) writer.Write(bytes);
            else writer.Skip(bytes.Length);
        }
    }

    private static byte[] Header(int segments, uint end)
    {
        byte[] header = new byte[ElfHeader.ByteLength];
        bool isCounted = segments >= ManySegments;
        BinaryPrimitives.WriteUInt32LittleEndian(header, ElfHeader.Magic);
        (header[4], header[5], header[6]) = (1, 1, 1);    // 32 bits, little-endian, version 1
        Put(header, 16, CoreKind);
        Put(header, 18, Machine386);
        header[20] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), ElfHeader.ByteLength);    // e_phoff
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), isCounted ? end : 0);    // e_shoff
        Put(header, 40, ElfHeader.ByteLength);
        Put(header, 42, ElfSegment.ByteLength);
        Put(header, 44, (ushort)Math.Min(segments, ManySegments));
        Put(header, 46, isCounted ? (ushort)SectionByteLength : (ushort)0);
        Put(header, 48, isCounted ? (ushort)1 : (ushort)0);
        return header;
    }

    private static void Put(byte[] header, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at), value);

    private static ReadOnlySpan<byte> Segment(ElfSegmentKind kind, uint offset, uint address, uint fileByteLength, uint byteLength,
        uint rights, uint alignment) =>
        MemoryMarshal.AsBytes<uint>(new uint[] { (uint)kind, offset, address, 0, fileByteLength, byteLength, rights, alignment });

    /// <summary>Section 0, whose sh_info is the number of segments. Linux: fill_extnum_info.</summary>
    private static ReadOnlySpan<byte> CountingSection(int segments) =>
        MemoryMarshal.AsBytes<uint>(new uint[] { 0, 0, 0, 0, 0, 1, 0, (uint)segments, 0, 0 });

    private static uint RightsOf(AreaSnapshot area)
    {
        MemoryProtection rights = area.Protection;    // PF_X, PF_W and PF_R have the bits of PROT_* in the opposite order
        return ((rights & MemoryProtection.Read) != 0 ? 4u : 0) | ((rights & MemoryProtection.Write) != 0 ? 2u : 0)
            | ((rights & MemoryProtection.Execute) != 0 ? 1u : 0);
    }
}
