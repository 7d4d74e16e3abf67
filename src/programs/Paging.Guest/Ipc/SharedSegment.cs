using System.Buffers.Binary;
using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Ipc;

/// <summary>
/// One segment of shmget(2): an object of the engine's shared memory, which every attachment maps. Linux: struct shmid_kernel, struct
/// kern_ipc_perm.
/// </summary>
/// <remarks>
/// The number of attachments is computed by the engine from the areas that map the object, which fork and splits add to.
/// </remarks>
internal sealed class SharedSegment
{
    /// <summary>struct shmid64_ds.</summary>
    public const int StatusByteLength = 84;    // struct shmid64_ds of i386

    public const uint ToGo = 0x200;    // SHM_DEST, which shmctl shows in the mode

    private const uint Locked = 0x400;    // SHM_LOCKED, likewise

    private const uint RightsMask = (uint)FileModes.Everything;    // of Mode

    private readonly GuestFile _file;

    private SharedSegment(Credentials maker, GuestFile file, uint byteLength, FileModes rights, long now)
    {
        (User, Group) = (Creator, CreatorGroup) = (maker.EffectiveUser, maker.EffectiveGroup);
        (Mode, ChangedAt) = ((uint)rights, now);
        (_file, ByteLength) = (file, byteLength);
        _file.IsSegment = true;
    }

    /// <summary>Loads a saved segment, which owns its memory.</summary>
    /// <param name="reader">The segment's record.</param>
    /// <param name="take">Reads the number of the segment's memory, and returns the memory.</param>
    public SharedSegment(RecordReader reader, Func<RecordReader, GuestFile> take)
    {
        (Id, Key) = (reader.ReadNumber(), reader.ReadNumber());
        (User, Group, Creator, CreatorGroup) = (reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        (Mode, ChangedAt) = (reader.ReadWord(), reader.ReadWideNumber());
        (ByteLength, CreatorId, LastId) = (reader.ReadWord(), reader.ReadNumber(), reader.ReadNumber());
        (AttachedAt, DetachedAt) = (reader.ReadWideNumber(), reader.ReadWideNumber());
        _file = take(reader);
        if (_file.ByteLength != ByteLength) throw RecordReader.Damaged("a segment has another length than its memory");
        _file.IsSegment = true;
        uint lockedBy = reader.ReadWord();
        SetLock((Mode & Locked) != 0 ? lockedBy : null);
    }

    public void Save(RecordWriter writer, int memory)
    {
        writer.Write(Id);
        writer.Write(Key);
        foreach (uint word in (ReadOnlySpan<uint>)[User, Group, Creator, CreatorGroup, Mode]) writer.Write(word);
        writer.Write(ChangedAt);
        writer.Write(ByteLength);
        writer.Write(CreatorId);
        writer.Write(LastId);
        writer.Write(AttachedAt);
        writer.Write(DetachedAt);
        writer.Write(memory);
        writer.Write(LockedBy ?? 0);
    }

    /// <summary>The segment's memory.</summary>
    public GuestFile File => _file;

    /// <summary>The segment's number for programs: a slot and a sequence number.</summary>
    public int Id { get; set; }

    /// <summary>The segment's key; 0 (IPC_PRIVATE) if it cannot be found by one.</summary>
    public int Key { get; set; }

    public uint User { get; private set; }

    public uint Group { get; private set; }

    public uint Creator { get; }

    public uint CreatorGroup { get; }

    /// <summary>Nine bits of rights; above them <see cref="ToGo"/> and <see cref="Locked"/>.</summary>
    public uint Mode { get; set; }

    /// <summary>The time of the last change, in seconds since 1970.</summary>
    public long ChangedAt { get; private set; }

    public uint ByteLength { get; }

    public int CreatorId { get; init; }

    public int LastId { get; private set; }

    public long AttachedAt { get; private set; }

    public long DetachedAt { get; private set; }

    /// <summary>True if it was removed, and is freed with its last attachment. Linux: SHM_DEST.</summary>
    public bool IsToGo => (Mode & ToGo) != 0;

    public uint PageCount => (uint)PageWords.Covering(ByteLength);

    public uint ResidentCount => _file.CachedPages.Value;

    public uint SwappedCount => _file.SwappedPages.Value;

    /// <summary>Cost: O(areas of the segment).</summary>
    public int AttachCount => _file.MappingCount;

    public static SharedSegment Make(PagingEngine engine, GuestProcess process, int key, uint byteLength, FileModes rights, long now)
    {
        GuestFile file = engine.Files.CreateMemoryFile(string.Create(CultureInfo.InvariantCulture, $"/SYSV{key:x8} (deleted)"), byteLength);
        return new(process.Credentials, file, byteLength, rights, now) { Key = key, CreatorId = process.Id };
    }

    /// <summary>Checks rights. Returns EACCES if one that is requested for any class is not granted. Linux: ipcperms.</summary>
    public Errno CheckAccess(GuestProcess process, FileModes wanted)
    {
        Credentials who = process.Credentials;
        // A right that is requested for any class is checked for the caller's own
        uint asked = (uint)wanted, requested = (asked >> 6) | (asked >> 3) | asked;
        uint granted = Mode;
        if (who.EffectiveUser == Creator || who.EffectiveUser == User) granted >>= 6;    // the first class that fits counts alone
        else if (who.IsIn(CreatorGroup) || who.IsIn(Group)) granted >>= 3;
        return (requested & ~granted & 7) != 0 && !who.Can(Capability.OwnIpc) ? Errno.EACCES : Errno.None;
    }

    /// <summary>
    /// Returns EPERM unless the process is owner, creator or administrator, who may change or remove it. Linux: ipcctl_obtain_check.
    /// </summary>
    public Errno CheckOwner(GuestProcess process)
    {
        Credentials who = process.Credentials;
        return who.EffectiveUser == Creator || who.EffectiveUser == User || who.Can(Capability.Administrator) ? Errno.None : Errno.EPERM;
    }

    /// <summary>struct shmid64_ds.</summary>
    public void WriteStatus(Span<byte> bytes)
    {
        ReadOnlySpan<uint> words =
        [
            (uint)Key, User, Group, Creator, CreatorGroup, Mode & 0xFFFF, (uint)Id >> SharedSegments.SlotBits, 0, 0,
            ByteLength, (uint)AttachedAt, 0, (uint)DetachedAt, 0, (uint)ChangedAt, 0, (uint)CreatorId, (uint)LastId, (uint)AttachCount,
        ];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], words[i]);
    }

    /// <summary>IPC_SET: another owner or mode. Linux: ipc_update_perm.</summary>
    public void TakePermission(ReadOnlySpan<byte> bytes, long now)
    {
        User = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        Group = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        Mode = (Mode & ~RightsMask) | (BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) & RightsMask);
        ChangedAt = now;
    }

    /// <summary>Counts the areas that map it and lie in a range as a whole.</summary>
    public int CountAreasIn(AddressSpace space, PageRange range) => space.Areas.Snapshot().Count(area => area.ObjectId == _file.Id
        && area.Range.First >= range.First && area.Range.End <= range.End);

    public bool IsMappedBy(AddressSpace space) => _file.IsMappedBy(space);

    /// <summary>The user whose locked memory it counts to; null unless it is locked. Linux: mlock_ucounts.</summary>
    public uint? LockedBy { get; private set; }

    /// <summary>Locks the segment in memory for a user, or unlocks it with null. Linux: shmem_lock.</summary>
    public void SetLock(uint? user)
    {
        LockedBy = user;
        Mode = user is null ? Mode & ~Locked : Mode | Locked;
        _file.IsLocked = user is not null;
    }

    /// <summary>
    /// Returns true if the area maps this segment at the offset that an attachment at <paramref name="address"/> would give it.
    /// </summary>
    public bool IsAttachedAt(AreaSnapshot area, PageNumber address) =>
        area.ObjectId == _file.Id && area.IsShared && area.Range.First.Value - address.Value == area.ByteOffset >> PageWords.Shift;

    /// <summary>
    /// Maps it through a new open file, so that a read-only attachment cannot be made writable by mprotect. Linux: do_shmat.
    /// </summary>
    public Errno Attach(AddressSpace space, VirtualAddress address, MemoryProtection protection, MapFlags flags, out VirtualAddress at)
    {
        at = default;
        FileRights rights = (protection & MemoryProtection.Write) != 0 ? FileRights.ReadWrite : FileRights.Read;
        if (_file.Open(rights, OpenFlags.None, out OpenFileDescription? open) != Errno.None) return Errno.ENOMEM;
        using (open) return open!.Map(space, address, ByteLength, protection, flags, 0, out at);    // the area holds it from now on
    }

    public void NoteAttach(int id, long now) => (LastId, AttachedAt) = (id, now);

    public void NoteDetach(int id, long now) => (LastId, DetachedAt) = (id, now);

    public void Release() => _file.Dispose();
}
