using System.Buffers.Binary;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

//   SavedMachine │ checksum                                 the first part is small, and checked before use
//   for each shared memory: run │ run │ … │ 0, 0, 0
//   for each process: areas of the pool │ run │ run │ … │ 0, 0, 0 │ marked bytes
//   checksum                                                a run: first page, count, bits, and its bytes unless all are zero
/// <summary>
/// The form in which a process, or all those of an engine, are saved. Little-endian; every number has 32 bits unless its comment gives
/// another width.
/// </summary>
internal static class SnapshotFormat
{
    /// <summary>The first eight bytes: "PAGINGSN".</summary>
    public const ulong Magic = 0x4E53_474E_4947_4150;

    /// <summary>The first eight bytes of a saved engine: "PAGINGEN".</summary>
    public const ulong EngineMagic = 0x4E45_474E_4947_4150;

    /// <summary>
    /// Grows when the form changes. Version 4 can have shared memory and marked bytes, version 5 descriptors and the pool. An engine is
    /// saved since 5.
    /// </summary>
    public const uint Version = 5;

    /// <summary>
    /// The oldest version that is read. A stream of an older version is one of this version without what it could not have: the switches
    /// say what is there.
    /// </summary>
    public const uint OldestVersion = 3;

    /// <summary>The oldest version of a saved engine.</summary>
    public const uint OldestEngineVersion = 5;

    /// <summary>In the bits of a run: its pages hold zeros, and no bytes follow.</summary>
    public const uint ZeroRun = 1u << 31;

    /// <summary>In the bits of a run: its pages are guards (MADV_GUARD_INSTALL), and no bytes follow.</summary>
    public const uint GuardRun = 1u << 30;

    /// <summary>
    /// In the bits of a run: the bytes of its pages lie elsewhere, in the order of the pages. All such pages of a stream are numbered from
    /// 0, and the number is a slot of the swap store with which the stream is loaded.
    /// </summary>
    public const uint FarRun = 1u << 29;

    /// <summary>
    /// In the bits of a run of an engine: other processes may have its pages, too. They belong to the oldest root of their area.
    /// </summary>
    public const uint SharedRun = 1u << 28;

    /// <summary>
    /// In the bits of a run of an engine: a process before has its pages. The place of that process and its first page follow, no bytes.
    /// </summary>
    public const uint RepeatedRun = 1u << 27;

    /// <summary>In the bits of a run of shared memory: its pages were written.</summary>
    public const uint DirtyPage = 1u << 6;

    /// <summary>In the bits of a run of shared memory: fallocate(2) has made its pages, and nothing has used them.</summary>
    public const uint UnfilledPage = 1u << 11;

    /// <summary>The bits of an entry that are saved: accessed, dirty, soft-dirty.</summary>
    public const uint SavedBits = (1u << 5) | (1u << 6) | (1u << 10);

    private const uint MayRead = 1u << 4, Sealed = 1u << 31;    // VM_MAYREAD is bit 4 in Linux

    /// <summary>The most pages of a run.</summary>
    public const uint PagesOfRunMax = 256;

    /// <summary>The number of an area's open file when it has none.</summary>
    public const uint NoFile = 0;

    /// <summary>
    /// The flags of an area as they are saved. When the format was made bit 4 was VM_MAYREAD, which every area has; VM_SEALED came later
    /// and has another place. The receivers of fault reports are not saved.
    /// </summary>
    public static uint ToSaved(AreaFlags flags)
    {
        uint saved = (uint)(flags & ~(AreaFlags.Reports | PoolAreas.Flags | AreaFlags.Sealed));
        if ((flags & AreaFlags.Foreign) == 0) saved |= MayRead;    // every other area may be read
        return (flags & AreaFlags.Sealed) != 0 ? saved | Sealed : saved;
    }

    /// <summary>The opposite of <see cref="ToSaved"/>.</summary>
    public static AreaFlags FromSaved(uint saved)
    {
        AreaFlags flags = (AreaFlags)(saved & ~(MayRead | Sealed));
        return (saved & Sealed) != 0 ? flags | AreaFlags.Sealed : flags;
    }

    /// <summary>Writes what comes before the bytes of a run.</summary>
    public static void WriteRun(ChecksummedWriter writer, PageNumber first, uint count, uint bits)
    {
        Span<byte> run = stackalloc byte[3 * sizeof(uint)];    // at once: a delta has hundreds
        BinaryPrimitives.WriteUInt32LittleEndian(run, first.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(run[4..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(run[8..], bits);
        writer.Write(run);
    }

    /// <summary>Writes a run of pages that a process before has.</summary>
    public static void WriteRepeated(ChecksummedWriter writer, PageNumber first, uint count, uint bits, SavedPage source)
    {
        WriteRun(writer, first, count, bits | RepeatedRun);
        writer.Write(source.Process);
        writer.Write(source.Page.Value);
    }

    /// <summary>Writes the mark after the last run.</summary>
    public static void WriteEndOfRuns(ChecksummedWriter writer) => WriteRun(writer, default, 0, 0);    // a run has a page at least

    /// <summary>Writes the end.</summary>
    public static void WriteEnd(ChecksummedWriter writer)
    {
        writer.WriteChecksum();
        writer.Flush();
    }

    /// <summary>True if the values that were read for an area are valid.</summary>
    public static bool IsValid(PageRange range, AreaFlags flags, bool hasFile, PageNumber from, PageNumber limit)
    {
        const AreaFlags known = (AreaFlags)((1u << 22) - 1) | AreaFlags.HugePage | AreaFlags.Mergeable | AreaFlags.MayHaveGuards
            | AreaFlags.Device;
        bool isShared = (flags & AreaFlags.Shared) != 0, mayShare = (flags & AreaFlags.MayShare) != 0;
        return !range.IsEmpty && range.First >= from && range.First < limit && range.Count <= limit - range.First && (flags & ~known) == 0
            && (hasFile || !mayShare) && (!isShared || mayShare)    // A3; shared memory has an object
            && ((flags & AreaFlags.GrowsDown) == 0 || !hasFile)    // A3, as the next one
            && ((flags & AreaFlags.LockedOnFault) == 0 || (flags & AreaFlags.Locked) != 0)
            && ((flags & AreaFlags.Foreign) == 0 || !hasFile) && ((flags & AreaFlags.Device) == 0 || mayShare);
    }
}
