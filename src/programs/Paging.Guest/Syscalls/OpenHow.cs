using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>What openat2(2) is asked, which knows no bit it would pass over in silence. Linux: struct open_how.</summary>
/// <param name="Flags">O_*.</param>
/// <param name="Mode">Rights of a file that is made; 0 where none can be.</param>
/// <param name="Resolve">RESOLVE_*.</param>
internal readonly record struct OpenHow(ulong Flags, ulong Mode, ulong Resolve)
{
    private const uint ByteLength = 24, ByteLengthMax = PageWords.ByteLength;
    private const ulong KnownFlags = 0x7F_FFC3, KnownResolve = 0x3F, KnownMode = (ulong)FileModes.Changeable, Beneath = 0x08, InRoot = 0x10,
        Cached = 0x20;

    /// <summary>What the walk must not do.</summary>
    public ResolveFlags Limits => (ResolveFlags)(Resolve & ~Cached);

    /// <summary>
    /// EINVAL: shorter than its first version; E2BIG: longer than a page, or something set that is not known here; EFAULT.
    /// </summary>
    public static Errno Read(GuestTask task, VirtualAddress at, uint byteLength, out OpenHow how)
    {
        how = default;
        if (byteLength < ByteLength) return Errno.EINVAL;
        if (byteLength > ByteLengthMax) return Errno.E2BIG;
        Span<byte> bytes = stackalloc byte[(int)byteLength];
        if (!task.User.TryCopyFrom(at, bytes)) return Errno.EFAULT;
        if (bytes[(int)ByteLength..].ContainsAnyExcept((byte)0)) return Errno.E2BIG;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes[..(int)ByteLength]);
        how = new(words[0], words[1], words[2]);
        return Errno.None;
    }

    /// <summary>
    /// EINVAL: what means nothing, or contradicts itself. EAGAIN: only what is cached, and a file to be made. Linux: build_open_flags.
    /// </summary>
    public Errno Judge()
    {
        const FileFlags making = FileFlags.Create | FileFlags.Temporary;
        const FileFlags ofPaths = FileFlags.DirectoryOnly | FileFlags.NoFollow | FileFlags.PathOnly | FileFlags.CloseOnExec;
        if ((Flags & ~KnownFlags) != 0 || (Resolve & ~KnownResolve) != 0 || (Resolve & (Beneath | InRoot)) == (Beneath | InRoot))
            return Errno.EINVAL;
        FileFlags flags = (FileFlags)Flags;
        if ((Mode & ~((flags & making) != 0 ? KnownMode : 0)) != 0 || Judge(flags) != Errno.None) return Errno.EINVAL;
        if ((flags & FileFlags.PathOnly) != 0 && (flags & ~ofPaths) != 0) return Errno.EINVAL;
        return (Resolve & Cached) != 0 && (flags & (making | FileFlags.Truncate)) != 0 ? Errno.EAGAIN : Errno.None;
    }

    /// <summary>
    /// EINVAL: a directory is not made by opening it, and a file without a name is opened to be written. Asked before the path is read.
    /// </summary>
    public static Errno Judge(FileFlags flags)
    {
        const FileFlags newDirectory = FileFlags.Create | FileFlags.DirectoryOnly;
        if ((flags & FileFlags.PathOnly) != 0) return Errno.None;    // open(2) forgets all that contradicts it
        if ((flags & newDirectory) == newDirectory) return Errno.EINVAL;
        bool isNameless = (flags & FileFlags.Temporary) != 0;
        return isNameless && ((flags & FileFlags.DirectoryOnly) == 0 || (flags & FileFlags.AccessMask) == 0) ? Errno.EINVAL : Errno.None;
    }
}
