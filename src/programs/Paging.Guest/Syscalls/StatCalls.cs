using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on the status of files and access to them. Linux: fs/stat.c, fs/statfs.c, fs/open.c.</summary>
internal sealed class StatCalls(FileTree tree)
{
    private const int FormOld = 0, FormWide = 1, FormExtended = 2;

    /// <summary>struct statfs64 of i386: five counts and a number of 64 bits between words of 32.</summary>
    private const int WideSystemByteLength = 84;

    /// <summary>struct statfs: sixteen words.</summary>
    private const int SystemByteLength = 64;

    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        table.Add(106, "stat", "sa", (task, in call) =>
            ByPath(task, Descriptor.WorkingDirectory, call.A.Address, 0, call.B.Address, FormOld));
        table.Add(107, "lstat", "sa", (task, in call) =>
            ByPath(task, Descriptor.WorkingDirectory, call.A.Address, PathFlags.NoFollow, call.B.Address, FormOld));
        table.Add(108, "fstat", "da", static (task, in call) => ByDescriptor(task, call.A.Descriptor, call.B.Address, FormOld));
        table.Add(195, "stat64", "sa", (task, in call) =>
            ByPath(task, Descriptor.WorkingDirectory, call.A.Address, 0, call.B.Address, FormWide));
        table.Add(196, "lstat64", "sa", (task, in call) =>
            ByPath(task, Descriptor.WorkingDirectory, call.A.Address, PathFlags.NoFollow, call.B.Address, FormWide));
        table.Add(197, "fstat64", "da", static (task, in call) => ByDescriptor(task, call.A.Descriptor, call.B.Address, FormWide));
        table.Add(300, "fstatat64", "Dsax", (task, in call) =>
            ByPath(task, call.A.Descriptor, call.B.Address, call.D.PathFlags, call.C.Address, FormWide));
        table.Add(383, "statx", "Dsxxa", Statx);
        table.Add(33, "access", "sd", (task, in call) =>
            Access(task, Descriptor.WorkingDirectory, call.A.Address, (AccessRights)call.B.Word, 0));
        table.Add(307, "faccessat", "Dsd", (task, in call) =>
            Access(task, call.A.Descriptor, call.B.Address, (AccessRights)call.C.Word, 0));
        table.Add(439, "faccessat2", "Dsdx", (task, in call) =>
            Access(task, call.A.Descriptor, call.B.Address, (AccessRights)call.C.Word, call.D.PathFlags));
        table.Add(99, "statfs", "sa", (task, in call) => FileSystem(task, call.A.Address, call.B.Address, isWide: false));
        table.Add(100, "fstatfs", "da", (task, in call) => FileSystemOf(task, call.A.Descriptor, call.B.Address, isWide: false));
        table.Add(268, "statfs64", "sxa", (task, in call) => call.B.Word != WideSystemByteLength ? Errno.EINVAL
            : FileSystem(task, call.A.Address, call.C.Address, isWide: true));
        table.Add(269, "fstatfs64", "dxa", (task, in call) => call.B.Word != WideSystemByteLength ? Errno.EINVAL
            : FileSystemOf(task, call.A.Descriptor, call.C.Address, isWide: true));
        table.Add(85, "readlink", "san", (task, in call) =>
            ReadLink(task, Descriptor.WorkingDirectory, call.A.Address, call.B.Address, call.C.Number));
        table.Add(305, "readlinkat", "Dsan", (task, in call) =>
            ReadLink(task, call.A.Descriptor, call.B.Address, call.C.Address, call.D.Number));
    }

    private CallResult ByPath(GuestTask task, Descriptor directory, VirtualAddress pathAt, PathFlags flags, VirtualAddress at, int form)
    {
        const PathFlags known = PathFlags.NoFollow | PathFlags.EmptyPath | PathFlags.NoAutomount | PathFlags.SyncMask;
        bool follow = (flags & PathFlags.NoFollow) == 0, mayBeEmpty = (flags & PathFlags.EmptyPath) != 0;
        // An empty path of an open file is not looked up, so its flags are not checked. Linux: vfs_fstatat, vfs_statx.
        if ((flags & ~known) != 0 && !(mayBeEmpty && directory.Number >= 0 && PathReader.IsEmpty(task, pathAt))) return Errno.EINVAL;
        Errno error = _paths.FindExisting(task, directory, pathAt, follow, mayBeEmpty, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node)
        {
            error = node!.Status(out FileStatus status);
            if (form == FormExtended) status.MountNumber = (uint)tree.NumberOf(node.Mount);
            return error != Errno.None ? error : Write(task, at, status, form);
        }
    }

    private static CallResult ByDescriptor(GuestTask task, Descriptor descriptor, VirtualAddress at, int form)
    {
        if (task.Process.Descriptors.FindRaw(descriptor) is not { } open) return Errno.EBADF;
        Errno error = open.Status(out FileStatus status);
        return error != Errno.None ? error : Write(task, at, status, form);
    }

    private CallResult Statx(GuestTask task, in CallArguments call)
    {
        // STATX__RESERVED is kept free for a longer structure; both sync flags contradict each other (do_statx)
        if ((call.D & 0x8000_0000) != 0 || (call.C.PathFlags & PathFlags.SyncMask) == PathFlags.SyncMask) return Errno.EINVAL;
        return ByPath(task, call.A.Descriptor, call.B.Address, call.C.PathFlags, call.E.Address, FormExtended);
    }

    private static CallResult Write(GuestTask task, VirtualAddress at, in FileStatus status, int form)
    {
        Span<byte> bytes = stackalloc byte[FileStatus.StatxByteLength];
        switch (form)
        {
            case FormOld:
                status.WriteStat(bytes);
                bytes = bytes[..FileStatus.StatByteLength];
                break;
            case FormWide:
                return WriteWide(task, at, status);
            default:
                status.WriteStatx(bytes);
                break;
        }

        return task.User.TryCopyTo(at, bytes) ? 0 : Errno.EFAULT;
    }

    /// <summary>What the structure leaves out stays as the program had it. Linux: arch/x86/kernel/sys_ia32.c cp_stat64.</summary>
    private static CallResult WriteWide(GuestTask task, VirtualAddress at, in FileStatus status)
    {
        Span<byte> bytes = stackalloc byte[FileStatus.Stat64ByteLength];
        status.WriteStat64(bytes);
        bool isWritten = task.User.TryCopyTo(at, bytes[..8]) && task.User.TryCopyTo(at + 12, bytes[12..40])
            && task.User.TryCopyTo(at + 44, bytes[44..]);
        return isWritten ? 0 : Errno.EFAULT;
    }

    private CallResult Access(GuestTask task, Descriptor directory, VirtualAddress pathAt, AccessRights wanted, PathFlags flags)
    {
        const PathFlags known = PathFlags.NoFollow | PathFlags.EmptyPath | PathFlags.EffectiveAccess;
        if ((wanted & ~AccessRights.All) != 0 || (flags & ~known) != 0) return Errno.EINVAL;
        bool follow = (flags & PathFlags.NoFollow) == 0, mayBeEmpty = (flags & PathFlags.EmptyPath) != 0;
        Credentials who = task.Credentials;
        if ((flags & PathFlags.EffectiveAccess) == 0) task.Credentials = who.ForAccess();    // access(2): of the real user
        Errno error = Access(task, directory, pathAt, wanted, follow, mayBeEmpty);
        task.Credentials = who;
        return error;
    }

    private Errno Access(GuestTask task, Descriptor directory, VirtualAddress pathAt, AccessRights wanted, bool follow, bool mayBeEmpty)
    {
        Errno error = _paths.FindExisting(task, directory, pathAt, follow, mayBeEmpty, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node)
        {
            error = node!.Status(out FileStatus status);
            if (error == Errno.None) error = Permissions.Check(task, status, wanted);
            return error != Errno.None ? error : node.Access(wanted);
        }
    }

    private CallResult FileSystem(GuestTask task, VirtualAddress pathAt, VirtualAddress at, bool isWide)
    {
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, pathAt, follow: true, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node) return WriteFileSystem(task, node!, at, isWide);
    }

    private CallResult FileSystemOf(GuestTask task, Descriptor descriptor, VirtualAddress at, bool isWide)
    {
        if (task.Process.Descriptors.FindRaw(descriptor) is not { } open) return Errno.EBADF;
        if (open.Node is not null || open.PseudoFileSystem == 0) return WriteFileSystem(task, open.Node ?? tree.Root, at, isWide);
        Errno error = open.Status(out FileStatus status);
        if (error != Errno.None) return error;
        Span<long> words = stackalloc long[FileSystemWords.Count];
        ulong number = open.PseudoFileSystem == FileSystemWords.Tmpfs ? FileSystemWords.NumberOf(status.Device) : status.Device;
        FileSystemWords.Fill(words, open.PseudoFileSystem, number, FileSystemWords.InternalFlags);
        return Write(task, words, at, isWide);
    }

    private static CallResult WriteFileSystem(GuestTask task, TreeNode node, VirtualAddress at, bool isWide)
    {
        Span<long> words = stackalloc long[FileSystemWords.Count];
        words.Clear();
        TreeNode shown = node is OpenFileNode or MountPointNode ? node.Mount.Root : node;
        Errno error = shown.Mount.FileSystem(shown, words);
        return error != Errno.None ? error : Write(task, words, at, isWide);
    }

    private static CallResult Write(GuestTask task, ReadOnlySpan<long> words, VirtualAddress at, bool isWide)
    {
        Span<byte> bytes = stackalloc byte[WideSystemByteLength];
        bytes.Clear();
        int position = 0;
        for (int i = 0; i < 11; i++)
        {
            bool isCount = i is >= 2 and <= 6;
            if (i == FileSystemWords.Number)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes[position..], words[i]);    // two words in any case
                position += 8;
            }
            else if (isCount && isWide)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes[position..], words[i]);
                position += 8;
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[position..], (uint)Math.Min((ulong)words[i], uint.MaxValue));
                position += 4;
            }
        }

        return task.User.TryCopyTo(at, bytes[..(isWide ? WideSystemByteLength : SystemByteLength)]) ? 0 : Errno.EFAULT;
    }

    private CallResult ReadLink(GuestTask task, Descriptor directory, VirtualAddress pathAt, VirtualAddress at, int byteLength)
    {
        if (byteLength <= 0) return Errno.EINVAL;
        Errno error = _paths.FindExisting(task, directory, pathAt, follow: false, mayBeEmpty: true, out TreeNode? node);
        if (error != Errno.None) return error;
        string target;
        using (node)
        {
            error = node!.ReadLink(out target);
            if (error == Errno.EINVAL && task.User.TryRead(pathAt, out byte first) && first == 0) return Errno.ENOENT;    // do_readlinkat
            if (error != Errno.None) return error;
        }

        byte[] bytes = ByteText.ToBytes(target);
        int count = Math.Min(bytes.Length, byteLength);
        return task.User.TryCopyTo(at, bytes.AsSpan(0, count)) ? count : Errno.EFAULT;
    }
}
