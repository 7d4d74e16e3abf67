using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Installs two open files: both get a descriptor, or neither. Linux: do_pipe2, __sys_socketpair.</summary>
internal static class DescriptorPair
{
    /// <summary>Writes the two descriptors to the program. After EMFILE or EFAULT both files are released.</summary>
    public static CallResult Install(GuestTask task, OpenDescription first, OpenDescription second, FileFlags flags, VirtualAddress at)
    {
        DescriptorSet descriptors = task.Process.Descriptors;
        CallResult one = task.Process.Install(first, flags);
        CallResult other = one.IsError ? one : task.Process.Install(second, flags);
        if (one.IsError) second.Release();
        Span<int> pair = [one.Count, other.Count];
        if (other.IsValue && task.User.TryCopyTo(at, MemoryMarshal.AsBytes(pair))) return 0;
        if (one.IsValue) descriptors.Close(new(one.Count));
        if (other.IsValue) descriptors.Close(new(other.Count));
        return other.IsError ? other : Errno.EFAULT;
    }
}
