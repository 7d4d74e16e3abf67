using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

/// <summary>What the number of a <see cref="FileOwner"/> names. Linux: F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP.</summary>
internal enum FileOwnerKind
{
    Thread,
    Process,
    Group,
}

/// <summary>Who is told by a signal that an open file can be read or written (O_ASYNC). Linux: struct fown_struct.</summary>
/// <param name="Kind">What the number is.</param>
/// <param name="Id">A number; 0: nobody.</param>
/// <param name="Signal">Which signal; none: SIGIO, without saying why.</param>
/// <param name="User">The user of whoever named the owner, who must be allowed to signal it.</param>
/// <param name="EffectiveUser">The same one's effective user.</param>
internal readonly record struct FileOwner(FileOwnerKind Kind, int Id, SignalNumber Signal, uint User, uint EffectiveUser)
{
    public void Save(RecordWriter writer)
    {
        writer.Write((uint)Kind);
        writer.Write(Id);
        writer.Write((uint)Signal);
        writer.Write(User);
        writer.Write(EffectiveUser);
    }

    public static FileOwner Load(RecordReader reader) => new((FileOwnerKind)reader.ReadIndex((int)FileOwnerKind.Group + 1, "an owner"),
        reader.ReadNumber(), SignalNumbers.Load(reader), reader.ReadWord(), reader.ReadWord());
}
