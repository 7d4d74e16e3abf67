using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>A file of /proc, whose bytes are made when it is opened. Some accept writes.</summary>
internal sealed class TextFile(Func<byte[]?> make, Func<byte[], Errno>? take, FileStatus status, string path, FileFlags flags,
    bool canSplice, bool isSequence = false, Func<IoctlCall, CallResult>? control = null)
    : PositionedFile(path, flags)
{
    private byte[]? _bytes;

    public override bool TakesRequestFlags => false;

    public override bool CanSpliceFrom => canSplice;

    public override Errno Status(out FileStatus result)
    {
        result = status;
        return Errno.None;
    }

    /// <summary>
    /// Reads; from the beginning the text is made again, as by the kernel's sequence files. ESRCH if the process no longer exists.
    /// </summary>
    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        if (offset == 0 || _bytes is null) _bytes = make();
        if (_bytes is null) return Errno.ESRCH;
        if (offset >= _bytes.Length) return 0;
        int count = (int)Math.Min(destination.Length, _bytes.Length - offset);
        _bytes.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (take is null) return Errno.EINVAL;
        Errno error = take(source.ToArray());
        return error == Errno.None ? source.Length : error;
    }

    public override CallResult Ioctl(in IoctlCall call) => control is null ? base.Ioctl(call) : control(call);

    /// <summary>Linux: seq_open takes FMODE_PWRITE away.</summary>
    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source) => isSequence ? Errno.ESPIPE : Write(source);

    public override CallResult Seek(long offset, int whence)
    {
        long from = whence switch
        {
            0 => 0,
            1 => Position,
            _ => -1,
        };
        if (from < 0 || from + offset < 0) return Errno.EINVAL;
        return Position = from + offset;
    }
}
