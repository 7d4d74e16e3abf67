using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs.Host;

/// <summary>An inherited descriptor of the host's process: standard input, output or error. Reads and writes go to it directly.</summary>
/// <remarks>A regular file counts against the disk quota; its account is shared by all streams on it.</remarks>
internal sealed class HostStream(HostWaits hostWaits, HostRoom? room, int descriptor, FileFlags flags, string path)
    : OpenDescription(path, flags)
{
    private const uint GetTerminal = 0x5401, WindowSize = 0x5413, GetGroup = 0x540F, SetGroup = 0x5410;

    public override SavedFileKind? SavedKind => IsReopened ? null : SavedFileKind.Stream;

    /// <summary>True if the descriptor is its own, of a file that was opened again.</summary>
    private bool IsReopened { get; init; }

    /// <summary>Of a file that is only read, the position is saved.</summary>
    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        writer.Write(references.NumberOfStream(descriptor));
        writer.Write(Path);
        writer.Write(!CanWrite && IsSeekable ? Seek(0, (int)SeekOrigin.Current).Value : -1);
    }

    public override int HostDescriptor => descriptor;

    public override bool IsSeekable => Status(out FileStatus status) == Errno.None && status.IsRegular;

    public override bool CanRefuseToWait => true;

    public override bool CanBeWatched => !IsSeekable;

    public override bool HasSizeLimit => IsSeekable;

    public override bool CanSpliceFrom => true;

    public override CallResult SpliceFrom(ref UserTransfer transfer) => Write(transfer.Parts.OfKernel);

    /// <summary>The host's own SIGPIPE is ignored, as .NET does; the program gets one from the error.</summary>
    public override bool SignalsBrokenPipe => true;

    public override int Readiness => HostCalls.Poll(descriptor, PollEvents.Readable | PollEvents.Writable, 0).Count;

    public override Errno Status(out FileStatus status) => HostCalls.Status(descriptor, out status);

    /// <summary>Never waits in the host while another task could run: the scheduler waits when no task can.</summary>
    public override CallResult Read(Span<byte> destination)
    {
        CallResult ready = HostCalls.Poll(descriptor, PollEvents.In, 0);
        if (ready == 0) return IsNonBlocking ? Errno.EAGAIN : WaitForHost();
        return HostCalls.Read(descriptor, destination);
    }

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (MustAppend) _ = Seek(0, (int)SeekOrigin.End);
        int granted = room?.Grant(descriptor, source.Length) ?? source.Length;
        return granted == 0 && !source.IsEmpty ? Errno.ENOSPC : HostCalls.Write(descriptor, source[..granted]);
    }

    public override CallResult ReadAt(long offset, Span<byte> destination) => HostCalls.ReadAt(descriptor, destination, offset);

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source)
    {
        if (MustAppend && Status(out FileStatus status) == Errno.None) offset = status.ByteLength;
        int granted = room?.Grant(descriptor, source.Length) ?? source.Length;
        return granted == 0 && !source.IsEmpty ? Errno.ENOSPC : HostCalls.WriteAt(descriptor, source[..granted], offset);
    }

    public override CallResult Seek(long offset, int whence) => HostCalls.Seek(descriptor, offset, whence);

    public override Errno SetLength(long byteLength)
    {
        Errno error = HostCalls.SetLength(descriptor, byteLength);
        room?.Measure(descriptor);
        return error;
    }

    public override Errno ChangeMode(FileModes mode) => Errno.EPERM;

    public override Errno ChangeOwner(uint user, uint group) => Errno.EPERM;

    public override Errno SetTimes(ReadOnlySpan<long> times) => Errno.EPERM;

    /// <summary>
    /// Opens the stream's file of the host again, which is outside the tree: with a position of its own, and no other rights than the
    /// stream has. Another stream has no position, and stays the same. Linux: proc_fd_link.
    /// </summary>
    public override Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        FileFlags kept = flags & (FileFlags.AccessMask | FileFlags.NonBlocking | FileFlags.Append);
        open = null;
        int own = descriptor;
        if (IsSeekable)
        {
            FileFlags access = flags & FileFlags.AccessMask;
            if ((access != FileFlags.WriteOnly && !CanRead) || (access != 0 && !CanWrite)) return Errno.EACCES;
            CallResult again = HostCalls.OpenAgain(descriptor, kept);
            if (again.IsError) return again.Error;
            own = again.Count;
        }

        open = new HostStream(hostWaits, room?.Hold(), own, kept, Path) { IsReopened = own != descriptor };
        return Errno.None;
    }

    public override CallResult Ioctl(in IoctlCall call)
    {
        Span<byte> bytes = stackalloc byte[64];
        int byteLength = call.Request switch
        {
            GetTerminal => 36,    // sizeof(struct termios) of the kernel
            WindowSize => 8,
            IoctlCall.BytesToRead or GetGroup or SetGroup => 4,
            _ => 0,
        };
        if (byteLength == 0) return HostCalls.Ioctl(descriptor, GetTerminal, bytes).IsError ? Errno.ENOTTY : Errno.EINVAL;
        CallResult result = HostCalls.Ioctl(descriptor, call.Request == SetGroup ? GetGroup : call.Request, bytes);
        if (result.IsError) return result;
        if (call.Request == SetGroup) return 0;    // the host's terminal keeps its group: guest numbers mean nothing there
        if (call.Request == GetGroup) BitConverter.TryWriteBytes(bytes, call.GroupId);
        return call.User.TryCopyTo(call.Argument.Address, bytes[..byteLength]) ? result : Errno.EFAULT;
    }

    protected override void Close()
    {
        room?.Close(descriptor);
        if (IsReopened) HostCalls.Close(descriptor);
    }

    /// <summary>True for a regular file with O_APPEND, or a request with RWF_APPEND, of which the host does not know.</summary>
    private bool MustAppend => (Flags & FileFlags.Append) != 0 && IsSeekable;

    private CallResult WaitForHost()
    {
        hostWaits.Add(descriptor);
        return CallResult.Waits;
    }
}
