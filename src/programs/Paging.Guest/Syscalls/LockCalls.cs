using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

//  struct flock of i386:    0 type (16 bits)   2 whence (16)   4 start (32)   8 length (32)   12 process
//  struct flock64:          0 type             2 whence        4 start (64)  12 length (64)   20 process
/// <summary>flock(2), and the locks of fcntl(2), of processes. Linux: fs/locks.c, fs/compat.c.</summary>
internal sealed class LockCalls(FileLocks locks)
{
    // i386 has two sets, with 32-bit and with 64-bit offsets (fcntl(2)); F_OFD_SETLK and its kin are left out
    public const int Get = 5, Set = 6, SetWait = 7, Get64 = 12, Set64 = 13, SetWait64 = 14;

    private const int ReadLock = 0, WriteLock = 1, Unlock = 2;    // F_RDLCK, F_WRLCK, F_UNLCK

    public static bool IsLockCommand(int command) =>
        command is (>= Get and <= SetWait) or (>= Get64 and <= SetWait64);

    public CallResult Control(GuestTask task, OpenDescription open, int command, VirtualAddress at)
    {
        bool isWide = command >= Get64;
        Span<byte> words = stackalloc byte[isWide ? 24 : 16];    // i386 aligns 64-bit words to 4
        if (!task.User.TryCopyFrom(at, words)) return Errno.EFAULT;
        int type = BinaryPrimitives.ReadInt16LittleEndian(words), whence = BinaryPrimitives.ReadInt16LittleEndian(words[2..]);
        long start = isWide ? BinaryPrimitives.ReadInt64LittleEndian(words[4..]) : BinaryPrimitives.ReadInt32LittleEndian(words[4..]);
        long length = isWide ? BinaryPrimitives.ReadInt64LittleEndian(words[12..]) : BinaryPrimitives.ReadInt32LittleEndian(words[8..]);
        bool asks = command is Get or Get64;
        if (asks && type is not (ReadLock or WriteLock)) return Errno.EINVAL;
        Errno error = Range(open, whence, ref start, length, out long last);
        if (error == Errno.None && type is < ReadLock or > Unlock) error = Errno.EINVAL;
        if (error != Errno.None) return error;

        DescriptorSet owner = task.Process.Descriptors;    // Linux: files_struct, so that threads share locks
        FileLock wanted = new(owner, task.Process.Id, type == WriteLock, start, last);
        (ulong, ulong) key = FileLocks.KeyOf(open);
        if (asks) return Report(task, locks.FindConflict(key, wanted, isWhole: false), at, words, isWide);
        if ((type == ReadLock && !open.CanRead) || (type == WriteLock && !open.CanWrite)) return Errno.EBADF;    // fcntl(2)
        if (type == Unlock)
        {
            locks.Clear(key, owner, start, last, isWhole: false);
            return 0;
        }

        CallResult taken = Take(task, open, wanted, command is SetWait or SetWait64, isWhole: false);
        if (taken != 0 || owner.IsStill(task.Call.Arguments.A.Descriptor, open)) return taken;
        locks.Clear(key, owner, 0, long.MaxValue, isWhole: false);    // closed meanwhile, as its locks are. Linux: fcntl_setlk
        return Errno.EBADF;
    }

    /// <summary>flock(2): a change of kind releases the old lock first, so another process may take it in between.</summary>
    public CallResult Flock(GuestTask task, Descriptor descriptor, uint operation)
    {
        const uint shared = 1, exclusive = 2, noWait = 4, unlock = 8;    // LOCK_*
        uint kind = operation & ~noWait;
        if (kind is not (shared or exclusive or unlock)) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        (ulong, ulong) key = FileLocks.KeyOf(open);
        if (kind == unlock)
        {
            locks.Clear(key, open, 0, long.MaxValue, isWhole: true);
            return 0;
        }

        if (!open.CanRead && !open.CanWrite) return Errno.EBADF;    // O_PATH; flock needs no particular access (flock(2))
        FileLock wanted = new(open, -1, kind == exclusive, 0, long.MaxValue);
        if (locks.FindConflict(key, wanted, isWhole: true) is not null) locks.Clear(key, open, 0, long.MaxValue, isWhole: true);
        return Take(task, open, wanted, (operation & noWait) == 0, isWhole: true);
    }

    /// <summary>Takes a lock. EAGAIN; a deadlock is not found (EDEADLK).</summary>
    private CallResult Take(GuestTask task, OpenDescription open, FileLock wanted, bool mayWait, bool isWhole)
    {
        (ulong, ulong) key = FileLocks.KeyOf(open);
        if (locks.FindConflict(key, wanted, isWhole) is not null)
            return mayWait ? task.Wait(RestartUnlessHandled, open) : Errno.EAGAIN;    // EWOULDBLOCK is the same number

        locks.Set(key, wanted, isWhole);
        locks.Watch(open);
        return 0;
    }

    /// <summary>Linux: flock64_to_posix_lock. EINVAL for a range before the file; EOVERFLOW beyond the largest file.</summary>
    private static Errno Range(OpenDescription open, int whence, ref long start, long length, out long last)
    {
        last = long.MaxValue;
        long from = 0;
        switch (whence)
        {
            case 0: break;
            case 1: from = open.Position; break;
            case 2:
                _ = open.Status(out FileStatus status);
                from = status.ByteLength;
                break;
            default: return Errno.EINVAL;
        }

        if (start > long.MaxValue - from) return Errno.EOVERFLOW;
        start += from;
        if (start < 0) return Errno.EINVAL;
        if (length > 0)
        {
            if (length - 1 > long.MaxValue - start) return Errno.EOVERFLOW;
            last = start + length - 1;
        }
        else if (length < 0)
        {
            if (start + length < 0) return Errno.EINVAL;
            (start, last) = (start + length, start - 1);    // a negative length ends before the start (fcntl(2))
        }

        return Errno.None;
    }

    /// <summary>Writes the conflicting lock; without one only the type.</summary>
    private static CallResult Report(GuestTask task, FileLock? conflict, VirtualAddress at, Span<byte> words, bool isWide)
    {
        if (conflict is null)
        {
            BinaryPrimitives.WriteInt16LittleEndian(words, Unlock);
            return task.User.TryCopyTo(at, words) ? 0 : Errno.EFAULT;
        }

        long length = conflict.Last == long.MaxValue ? 0 : conflict.Last - conflict.Start + 1;
        if (!isWide && (conflict.Start > int.MaxValue || length > int.MaxValue)) return Errno.EOVERFLOW;
        BinaryPrimitives.WriteInt16LittleEndian(words, (short)(conflict.IsExclusive ? WriteLock : ReadLock));
        BinaryPrimitives.WriteInt16LittleEndian(words[2..], 0);
        if (isWide)
        {
            BinaryPrimitives.WriteInt64LittleEndian(words[4..], conflict.Start);
            BinaryPrimitives.WriteInt64LittleEndian(words[12..], length);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(words[4..], (int)conflict.Start);
            BinaryPrimitives.WriteInt32LittleEndian(words[8..], (int)length);
        }

        BinaryPrimitives.WriteInt32LittleEndian(words[^4..], conflict.ProcessId);
        return task.User.TryCopyTo(at, words) ? 0 : Errno.EFAULT;
    }
}
