using System.Buffers.Binary;
using Paging.Core;

namespace Paging.Guest;

/// <summary>A descriptor that is an inode without a name: eventfd and its kin. Linux: fs/anon_inodes.c.</summary>
internal abstract class AnonymousFile(GuestKernel kernel, string kind, int flags) : OpenDescription($"anon_inode:[{kind}]", flags)
{
    protected GuestKernel Kernel => kernel;

    public override Errno Status(out FileStatus status)
    {
        long now = kernel.Clock.StartedAt;
        status = new() { Device = 0x0E, Inode = 1, Mode = 0x180, Links = 1, BlockByteLength = 4096, AccessedAt = now, ModifiedAt = now, ChangedAt = now };
        return Errno.None;
    }

    /// <summary>Linux: noop_llseek.</summary>
    public override long Seek(long offset, int whence) => 0;

    protected int WaitOrSay() => IsNonBlocking ? -(int)Errno.EAGAIN : CallResult.Block;

    protected void WokeForReading()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        kernel.Happened();
    }

    protected void WokeForWriting()
    {
        Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);
        kernel.Happened();
    }
}

/// <summary>eventfd(2): a counter that writing adds to and reading takes, all of it or one. Linux: fs/eventfd.c.</summary>
internal sealed class EventFile(GuestKernel kernel, uint initial, bool isSemaphore, int flags) : AnonymousFile(kernel, "eventfd", flags | ReadWriteAccess)
{
    private const ulong Full = ulong.MaxValue;
    private const int PollIn = 1, PollOut = 4, PollError = 8;

    private ulong _count = initial;

    public override int Readiness => (_count > 0 ? PollIn : 0) | (_count == Full ? PollError : 0) | (_count < Full - 1 ? PollOut : 0);

    public override int Read(Span<byte> destination)
    {
        if (destination.Length < sizeof(ulong)) return -(int)Errno.EINVAL;
        if (_count == 0) return WaitOrSay();
        ulong taken = isSemaphore ? 1 : _count;
        _count -= taken;
        BinaryPrimitives.WriteUInt64LittleEndian(destination, taken);
        WokeForWriting();
        return sizeof(ulong);
    }

    public override int Write(ReadOnlySpan<byte> source)
    {
        if (source.Length < sizeof(ulong)) return -(int)Errno.EINVAL;
        ulong added = BinaryPrimitives.ReadUInt64LittleEndian(source);
        if (added == Full) return -(int)Errno.EINVAL;
        if (added >= Full - _count) return WaitOrSay();
        _count += added;
        WokeForReading();
        return sizeof(ulong);
    }
}
