using Paging.Core;

namespace Paging.Guest;

/// <summary>A descriptor that the host's process began with: standard input, output, errors. Reads and writes go straight to it.</summary>
internal sealed class HostStream(GuestKernel kernel, int descriptor, int flags, string path) : OpenDescription(path, flags)
{
    private const uint GetTerminal = 0x5401, WindowSize = 0x5413, BytesToRead = 0x541B, GetGroup = 0x540F, SetGroup = 0x5410;

    public int Descriptor => descriptor;

    public override bool IsSeekable => Status(out FileStatus status) == Errno.None && status.IsRegular;

    public override int Readiness => (int)Math.Max(HostCalls.Poll(descriptor, PollEvents.In | PollEvents.Out, 0), 0);

    public override Errno Status(out FileStatus status) => HostCalls.Status(descriptor, out status);

    /// <summary>Never waits in the host while another task could run: the scheduler does that, when nobody can.</summary>
    public override int Read(Span<byte> destination)
    {
        long ready = HostCalls.Poll(descriptor, PollEvents.In, 0);
        if (ready == 0) return IsNonBlocking ? -(int)Errno.EAGAIN : WaitForHost();
        return (int)HostCalls.Read(descriptor, destination);
    }

    public override int Write(ReadOnlySpan<byte> source) => (int)HostCalls.Write(descriptor, source);

    public override int ReadAt(long offset, Span<byte> destination) => (int)HostCalls.ReadAt(descriptor, destination, offset);

    public override int WriteAt(long offset, ReadOnlySpan<byte> source) => (int)HostCalls.WriteAt(descriptor, source, offset);

    public override long Seek(long offset, int whence) => HostCalls.Seek(descriptor, offset, whence);

    public override Errno SetLength(long byteLength) => HostCalls.SetLength(descriptor, byteLength);

    public override int Ioctl(GuestTask task, uint request, uint argument)
    {
        Span<byte> bytes = stackalloc byte[64];
        int byteLength = request switch
        {
            GetTerminal => 36,
            WindowSize => 8,
            BytesToRead or GetGroup or SetGroup => 4,
            _ => 0,
        };
        if (byteLength == 0) return -(int)(HostCalls.Ioctl(descriptor, GetTerminal, bytes) < 0 ? Errno.ENOTTY : Errno.EINVAL);
        long result = HostCalls.Ioctl(descriptor, request == SetGroup ? GetGroup : request, bytes);
        if (result < 0) return (int)result;
        if (request == SetGroup) return 0;
        if (request == GetGroup) BitConverter.TryWriteBytes(bytes, task.Process.GroupId);
        return task.User.TryCopyTo(argument, bytes[..byteLength]) ? (int)result : -(int)Errno.EFAULT;
    }

    private int WaitForHost()
    {
        kernel.WaitForHost(descriptor);
        return CallResult.Block;
    }
}
