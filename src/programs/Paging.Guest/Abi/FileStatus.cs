using System.Buffers.Binary;
using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>The status of a file, and the three structures in which stat(2) and its kin return it.</summary>
/// <remarks>Linux: arch/x86/include/uapi/asm/stat.h struct stat64, struct stat; include/uapi/linux/stat.h struct statx.</remarks>
internal record struct FileStatus
{
    /// <summary>STATX_BASIC_STATS, STATX_MNT_ID.</summary>
    public const uint BasicFields = 0x7FF, MountField = 0x1000;

    private const int TypeShift = 12;

    public const int Stat64ByteLength = 96, StatByteLength = 64, StatxByteLength = 256;

    public ulong Device, Inode, RawDevice, Blocks;
    public FileModes Mode;
    /// <summary>The number of its mount, for statx(2); 0 if not requested.</summary>
    public ulong MountNumber;

    public uint Links, User, Group, BlockByteLength;
    public long ByteLength;

    /// <summary>Nanoseconds since 1970.</summary>
    public long AccessedAt, ModifiedAt, ChangedAt;

    /// <summary>The type in the form of directory entries (DT_*).</summary>
    public readonly byte EntryType => (byte)((uint)Mode >> TypeShift);

    public readonly bool IsDirectory => (Mode & FileModes.TypeMask) == FileModes.Directory;
    public readonly bool IsRegular => (Mode & FileModes.TypeMask) == FileModes.Regular;
    public readonly bool IsSocket => (Mode & FileModes.TypeMask) == FileModes.Socket;
    public readonly bool IsSymbolicLink => (Mode & FileModes.TypeMask) == FileModes.SymbolicLink;

    /// <summary>
    /// Returns true if a read updates the access time: after a change, and otherwise once a day. Linux: relatime_need_update.
    /// </summary>
    public readonly bool NeedsAccessTime(long now)
    {
        const long day = 24 * 3600 * TimeWords.Second;
        return AccessedAt <= ModifiedAt || AccessedAt <= ChangedAt || now - AccessedAt >= day;
    }

    /// <summary>The status of a new inode with one name and blocks of a page.</summary>
    public static FileStatus MadeAt(long time) =>
        new() { Links = 1, BlockByteLength = PageWords.ByteLength, AccessedAt = time, ModifiedAt = time, ChangedAt = time };

    /// <summary>The mode after chown(2): all but directories lose set-user-ID. Linux: chown_common, setattr_should_drop_sgid.</summary>
    public static FileModes ModeAfterChown(FileModes mode)
    {
        if ((mode & FileModes.TypeMask) == FileModes.Directory) return mode;
        FileModes lost = FileModes.SetUser | ((mode & FileModes.GroupExecute) != 0 ? FileModes.SetGroup : FileModes.None);
        return mode & ~lost;
    }

    /// <summary>The owner after chown(2), where −1 changes nothing. Linux: chown_common.</summary>
    public static (uint User, uint Group) OwnerAfterChown((uint User, uint Group) owner, uint user, uint group) =>
        (user == uint.MaxValue ? owner.User : user, group == uint.MaxValue ? owner.Group : group);

    /// <summary>Saves the fields of an inode in memory, without device and length.</summary>
    public readonly void Save(RecordWriter writer)
    {
        writer.Write(Inode);
        writer.Write((uint)Mode);
        foreach (uint word in (ReadOnlySpan<uint>)[Links, User, Group]) writer.Write(word);
        writer.Write(RawDevice);
        foreach (long time in (ReadOnlySpan<long>)[AccessedAt, ModifiedAt, ChangedAt]) writer.Write(time);
    }

    public static FileStatus Load(RecordReader reader, ulong device) => MadeAt(0) with
    {
        Device = device,
        Inode = reader.ReadWideWord(),
        Mode = (FileModes)reader.ReadWord(),
        Links = reader.ReadWord(),
        User = reader.ReadWord(),
        Group = reader.ReadWord(),
        RawDevice = reader.ReadWideWord(),
        AccessedAt = reader.ReadWideNumber(),
        ModifiedAt = reader.ReadWideNumber(),
        ChangedAt = reader.ReadWideNumber(),
    };

    public static FileStatus FromStatx(ReadOnlySpan<byte> bytes) => new()
    {
        BlockByteLength = U32(bytes, 4),
        Links = U32(bytes, 16),
        User = U32(bytes, 20),
        Group = U32(bytes, 24),
        Mode = (FileModes)BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]),
        Inode = U64(bytes, 32),
        ByteLength = (long)U64(bytes, 40),
        Blocks = U64(bytes, 48),
        AccessedAt = Time(bytes, 64),
        ChangedAt = Time(bytes, 96),
        ModifiedAt = Time(bytes, 112),
        RawDevice = MakeDevice(U32(bytes, 128), U32(bytes, 132)),
        Device = MakeDevice(U32(bytes, 136), U32(bytes, 140)),
    };

    /// <summary>The number of a device as struct stat64 holds it. Linux: new_encode_dev.</summary>
    // 12 bits of the minor number lie above the major one, which once ended at bit 15
    public static ulong MakeDevice(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((ulong)(minor & ~0xFFu) << 12);

    public readonly void WriteStat64(Span<byte> bytes)
    {
        bytes[..Stat64ByteLength].Clear();
        Put64(bytes, 0, Device);
        Put32(bytes, 12, (uint)Inode);
        Put32(bytes, 16, (uint)Mode);
        Put32(bytes, 20, Links);
        Put32(bytes, 24, User);
        Put32(bytes, 28, Group);
        Put64(bytes, 32, RawDevice);
        Put64(bytes, 44, (ulong)ByteLength);
        Put32(bytes, 52, BlockByteLength);
        Put64(bytes, 56, Blocks);
        PutTime(bytes, 64, AccessedAt);
        PutTime(bytes, 72, ModifiedAt);
        PutTime(bytes, 80, ChangedAt);
        Put64(bytes, 88, Inode);    // __st_ino at 12 has 32 bits only
    }

    public readonly void WriteStat(Span<byte> bytes)
    {
        bytes[..StatByteLength].Clear();
        Put32(bytes, 0, (uint)Device);
        Put32(bytes, 4, (uint)Inode);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], (ushort)Mode);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], (ushort)Links);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], (ushort)User);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], (ushort)Group);
        Put32(bytes, 16, (uint)RawDevice);
        Put32(bytes, 20, (uint)ByteLength);
        Put32(bytes, 24, BlockByteLength);
        Put32(bytes, 28, (uint)Blocks);
        PutTime(bytes, 32, AccessedAt);
        PutTime(bytes, 40, ModifiedAt);
        PutTime(bytes, 48, ChangedAt);
    }

    public readonly void WriteStatx(Span<byte> bytes)
    {
        bytes[..StatxByteLength].Clear();
        Put32(bytes, 0, BasicFields | (MountNumber == 0 ? 0 : MountField));
        Put32(bytes, 4, BlockByteLength);
        Put32(bytes, 16, Links);
        Put32(bytes, 20, User);
        Put32(bytes, 24, Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[28..], (ushort)Mode);
        Put64(bytes, 32, Inode);
        Put64(bytes, 40, (ulong)ByteLength);
        Put64(bytes, 48, Blocks);
        PutLongTime(bytes, 64, AccessedAt);
        PutLongTime(bytes, 96, ChangedAt);
        PutLongTime(bytes, 112, ModifiedAt);
        Put32(bytes, 128, MajorOf(RawDevice));
        Put32(bytes, 132, MinorOf(RawDevice));
        Put32(bytes, 136, MajorOf(Device));
        Put32(bytes, 140, MinorOf(Device));
        Put64(bytes, 144, MountNumber);
    }

    private static uint MajorOf(ulong device) => (uint)(device >> 8) & 0xFFF;

    private static uint MinorOf(ulong device) => (uint)(device & 0xFF) | ((uint)(device >> 12) & ~0xFFu);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static long Time(ReadOnlySpan<byte> bytes, int at) => ((long)U64(bytes, at) * TimeWords.Second) + U32(bytes, at + 8);

    private static void Put32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void Put64(Span<byte> bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], value);

    private static void PutTime(Span<byte> bytes, int at, long nanoseconds)
    {
        Put32(bytes, at, (uint)(nanoseconds / TimeWords.Second));
        Put32(bytes, at + 4, (uint)(nanoseconds % TimeWords.Second));
    }

    private static void PutLongTime(Span<byte> bytes, int at, long nanoseconds)
    {
        Put64(bytes, at, (ulong)(nanoseconds / TimeWords.Second));
        Put32(bytes, at + 8, (uint)(nanoseconds % TimeWords.Second));
    }
}
