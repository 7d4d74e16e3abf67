using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Ipc;

/// <summary>
/// What the three kinds of System V IPC have in common: a key, an owner, a mode. Linux: struct kern_ipc_perm, ipc/util.c.
/// </summary>
internal abstract class IpcObject
{
    private const uint RightsMask = (uint)FileModes.Everything;    // of Mode

    /// <summary>A new one belongs to its maker.</summary>
    protected IpcObject(Credentials maker, FileModes rights, long now)
    {
        (User, Group) = (Creator, CreatorGroup) = (maker.EffectiveUser, maker.EffectiveGroup);
        (Mode, ChangedAt) = ((uint)rights, now);
    }

    /// <summary>One that was saved.</summary>
    protected IpcObject(RecordReader reader)
    {
        (Id, Key) = (reader.ReadNumber(), reader.ReadNumber());
        (User, Group, Creator, CreatorGroup) = (reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        (Mode, ChangedAt) = (reader.ReadWord(), reader.ReadWideNumber());
    }

    /// <summary>Writes down what all kinds have in common.</summary>
    protected void SaveCommon(RecordWriter writer)
    {
        writer.Write(Id);
        writer.Write(Key);
        foreach (uint word in (ReadOnlySpan<uint>)[User, Group, Creator, CreatorGroup, Mode]) writer.Write(word);
        writer.Write(ChangedAt);
    }

    /// <summary>The number that programs use: a slot and how often it was used.</summary>
    public int Id { get; set; }

    /// <summary>0 (IPC_PRIVATE): it cannot be found by a key.</summary>
    public int Key { get; set; }

    public uint User { get; set; }

    public uint Group { get; set; }

    public uint Creator { get; }

    public uint CreatorGroup { get; }

    /// <summary>Nine bits of rights; above them what the kind needs.</summary>
    public uint Mode { get; set; }

    /// <summary>Seconds since 1970.</summary>
    public long ChangedAt { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>The fields of its kind behind struct ipc64_perm.</summary>
    protected abstract uint[] StatusWords { get; }

    /// <summary>EACCES: a right that is asked for in any of its three places is not granted. Linux: ipcperms.</summary>
    public Errno Judge(GuestProcess process, FileModes wanted)
    {
        Credentials who = process.Credentials;
        uint asked = (uint)wanted, requested = (asked >> 6) | (asked >> 3) | asked;
        uint granted = Mode;
        if (who.EffectiveUser == Creator || who.EffectiveUser == User) granted >>= 6;
        else if (who.IsIn(CreatorGroup) || who.IsIn(Group)) granted >>= 3;
        return (requested & ~granted & 7) != 0 && !who.Can(Capability.OwnIpc) ? Errno.EACCES : Errno.None;
    }

    /// <summary>EPERM: only owner, creator and administrator change or remove it. Linux: ipcctl_obtain_check.</summary>
    public Errno JudgeOwner(GuestProcess process)
    {
        Credentials who = process.Credentials;
        return who.EffectiveUser == Creator || who.EffectiveUser == User || who.Can(Capability.Administrator) ? Errno.None : Errno.EPERM;
    }

    /// <summary>struct ipc64_perm, and what the kind has behind it.</summary>
    public void WriteStatus(Span<byte> bytes)
    {
        ReadOnlySpan<uint> words =
            [(uint)Key, User, Group, Creator, CreatorGroup, Mode & 0xFFFF, (uint)Id >> IpcTable<IpcObject>.SlotBits, 0, 0, .. StatusWords];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], words[i]);
    }

    /// <summary>IPC_SET's part of it. Linux: ipc_update_perm.</summary>
    public void TakePermission(ReadOnlySpan<byte> bytes)
    {
        User = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        Group = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        Mode = (Mode & ~RightsMask) | (BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) & RightsMask);
    }
}

/// <summary>Commands that all three kinds know, and the key that finds none. Linux: include/uapi/linux/ipc.h.</summary>
internal static class IpcWords
{
    public const int Private = 0, Remove = 0, Set = 1, Status = 2, Information = 3;

    /// <summary>IPC_64, beside a command: the structures of Linux 2.4 and later.</summary>
    public const int NewForm = 0x100;
}
