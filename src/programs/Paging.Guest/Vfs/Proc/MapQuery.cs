using System.Buffers.Binary;
using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Native;
using Paging.Reports;

namespace Paging.Guest.Vfs.Proc;

/// <summary>PROCMAP_QUERY of /proc/PID/maps: one area as a structure. Linux: fs/proc/task_mmu.c do_procmap_query (6.11).</summary>
/// <remarks>Build identifiers are not read: their size is 0, as for a file without one.</remarks>
internal static class MapQuery
{
    private const uint Request = 0xC068_6611;    // _IOWR('f', 17, struct procmap_query)
    private const int ByteLength = 104, ByteLengthMin = 24;    // struct procmap_query; up to query_addr
    private const uint NameByteLengthMax = 4096;    // PATH_MAX
    private const ulong Rights = 7, Shared = 8, CoveringOrNext = 16, FileBacked = 32, KnownFlags = 63;    // PROCMAP_QUERY_*

    /// <summary>Returns the answer to ioctl(2) for the memory that was opened.</summary>
    public static Func<IoctlCall, CallResult> Of(Func<AddressSpace?> memory) =>
        call => call.Request == Request ? Answer(memory(), call) : Errno.ENOTTY;

    private static CallResult Answer(AddressSpace? space, in IoctlCall call)
    {
        VirtualAddress at = call.Argument.Address;
        if (!call.User.TryRead(at, out ulong size)) return Errno.EFAULT;
        if (size > PageWords.ByteLength) return Errno.E2BIG;
        if (size < ByteLengthMin) return Errno.EINVAL;
        Span<byte> given = stackalloc byte[PageWords.ByteLength];
        given = given[..(int)Math.Max(size, ByteLength)];
        given.Clear();
        if (!call.User.TryCopyFrom(at, given[..(int)size])) return Errno.EFAULT;
        if (given[ByteLength..].ContainsAnyExcept((byte)0)) return Errno.E2BIG;    // a field that this kernel does not know
        Span<byte> query = given[..ByteLength];
        ulong flags = Word(query, 1), address = Word(query, 2), nameAt = Word(query, 11), buildAt = Word(query, 12);
        uint nameRoom = Half(query, 80), buildRoom = Half(query, 84);
        if ((flags & ~KnownFlags) != 0 || (nameRoom != 0) != (nameAt != 0) || (buildRoom != 0) != (buildAt != 0)) return Errno.EINVAL;
        if (space is null) return Errno.ESRCH;
        if (!TryFind(space, address, flags, out AreaSnapshot? area)) return Errno.ENOENT;

        string name = Describe(space, area!, query);
        BinaryPrimitives.WriteUInt32LittleEndian(query[84..], 0);
        if (nameRoom != 0)
        {
            byte[] bytes = name.Length == 0 ? [] : ByteText.ToBytes(name + "\0");
            if (bytes.Length > Math.Min(nameRoom, NameByteLengthMax)) return Errno.ENAMETOOLONG;
            if (nameAt > uint.MaxValue || !call.User.TryCopyTo(new((uint)nameAt), bytes)) return Errno.EFAULT;
            BinaryPrimitives.WriteUInt32LittleEndian(query[80..], (uint)bytes.Length);
        }

        return call.User.TryCopyTo(at, query[..(int)Math.Min(size, ByteLength)]) ? 0 : Errno.EFAULT;
    }

    /// <summary>Linux: query_matching_vma.</summary>
    private static bool TryFind(AddressSpace space, ulong address, ulong flags, out AreaSnapshot? found)
    {
        found = null;
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            if (AddressOf(area.Range.End) <= address) continue;
            ulong wanted = flags & (Rights | Shared);
            bool fits = ((flags & FileBacked) == 0 || area.ObjectId != 0) && (FlagsOf(area) & wanted) == wanted;
            if (fits && ((flags & CoveringOrNext) != 0 || AddressOf(area.Range.First) <= address))
            {
                found = area;
                return true;
            }

            if ((flags & CoveringOrNext) == 0) return false;
        }

        return false;
    }

    /// <summary>Writes the area's fields, with the values that its line of maps shows. Returns its name.</summary>
    private static string Describe(AddressSpace space, AreaSnapshot area, Span<byte> query)
    {
        string start = AddressOf(area.Range.First).ToString("x8", CultureInfo.InvariantCulture) + "-";
        string line = space.FormatMaps().Split('\n').First(line => line.StartsWith(start, StringComparison.Ordinal));
        string[] fields = line.Split(' ', 6);    // range, rights, offset, device, inode, name
        string[] device = fields[3].Split(':');
        SetWord(query, 3, AddressOf(area.Range.First));
        SetWord(query, 4, AddressOf(area.Range.End));
        SetWord(query, 5, FlagsOf(area));
        SetWord(query, 6, (ulong)space.HugePages.FootprintAt(area.Range.First).PageBytes);
        SetWord(query, 7, area.ObjectId == 0 ? 0 : area.ByteOffset);
        SetWord(query, 8, ulong.Parse(fields[4], CultureInfo.InvariantCulture));
        for (int i = 0; i < 2; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(query[(72 + (i * 4))..],
                uint.Parse(device[i], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return fields[5].TrimStart();
    }

    private static ulong FlagsOf(AreaSnapshot area) => ((ulong)area.Flags & Rights) | (area.IsShared ? Shared : 0);

    private static ulong AddressOf(PageNumber page) => new PageCount(page.Value).Bytes;    // 64 bits: the end may be 4 GiB

    private static ulong Word(ReadOnlySpan<byte> query, int index) => BinaryPrimitives.ReadUInt64LittleEndian(query[(index * 8)..]);

    private static uint Half(ReadOnlySpan<byte> query, int at) => BinaryPrimitives.ReadUInt32LittleEndian(query[at..]);

    private static void SetWord(Span<byte> query, int index, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(query[(index * 8)..], value);
}
