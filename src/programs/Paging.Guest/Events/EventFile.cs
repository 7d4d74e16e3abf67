using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Events;

/// <summary>eventfd and its kin, which share one inode. Linux: fs/anon_inodes.c.</summary>
internal abstract class AnonymousFile(GuestClock clock, WakeUps wakeUps, string kind, FileFlags flags)
    : NamelessFile(clock, wakeUps, $"anon_inode:[{kind}]", flags, device: 0x0E, inode: 1, mode: FileModes.OwnerReadWrite)
{
    public override long PseudoFileSystem => 0x0904_1934;    // ANON_INODE_FS_MAGIC

    public sealed override bool HasSeek => true;

    /// <summary>Linux: noop_llseek.</summary>
    public override CallResult Seek(long offset, int whence) => 0;

    /// <summary>All such files share the inode, so it cannot be changed. Linux: anon_inode_setattr.</summary>
    public override Errno ChangeMode(FileModes mode) => Errno.EOPNOTSUPP;

    /// <inheritdoc cref="ChangeMode"/>
    public override Errno ChangeOwner(uint user, uint group) => Errno.EOPNOTSUPP;

    /// <inheritdoc cref="ChangeMode"/>
    public override Errno SetTimes(ReadOnlySpan<long> times) => Errno.EOPNOTSUPP;
}

/// <summary>eventfd(2): a counter that writes add to, and that reads take, as a whole or by one. Linux: fs/eventfd.c.</summary>
internal sealed class EventFile(GuestClock clock, WakeUps wakeUps, uint initial, bool isSemaphore, FileFlags flags)
    : AnonymousFile(clock, wakeUps, "eventfd", flags | FileFlags.ReadWrite)
{
    private const ulong Full = ulong.MaxValue;    // only the kernel can reach it (eventfd_signal)

    private ulong _count = initial;

    public override bool CanRefuseToWait => true;

    public override SavedFileKind? SavedKind => SavedFileKind.Event;

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        base.Save(writer, references);
        writer.Write(isSemaphore);
        writer.Write(_count);
    }

    public static EventFile Load(RecordReader reader, GuestClock clock, WakeUps wakeUps) =>
        new(clock, wakeUps, 0, reader.ReadFlag(), 0) { _count = reader.ReadWideWord() };

    public override int Readiness => (_count > 0 ? PollEvents.In : 0) | (_count == Full ? PollEvents.Error : 0)
        | (_count < Full - 1 ? PollEvents.Out : 0);

    public override CallResult Read(Span<byte> destination)
    {
        if (destination.Length < sizeof(ulong)) return Errno.EINVAL;    // before EAGAIN, as in eventfd_read
        if (_count == 0) return WaitOrFail();
        ulong taken = isSemaphore ? 1 : _count;
        _count -= taken;
        BinaryPrimitives.WriteUInt64LittleEndian(destination, taken);
        WokeForWriting();
        return sizeof(ulong);
    }

    /// <summary>Linux: eventfd_write.</summary>
    public override Errno ValidateWrite(uint byteLength) => byteLength == sizeof(ulong) ? Errno.None : Errno.EINVAL;

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (source.Length != sizeof(ulong)) return Errno.EINVAL;
        ulong added = BinaryPrimitives.ReadUInt64LittleEndian(source);
        if (added == Full) return Errno.EINVAL;    // ULLONG_MAX is kept for an overflow (eventfd(2))
        if (added >= Full - _count) return WaitOrFail();    // at most 2^64 - 2 (eventfd(2))
        _count += added;
        WokeForReading();
        return sizeof(ulong);
    }
}
