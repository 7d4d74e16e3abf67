using System.Runtime.InteropServices;
using Paging.Core;
using static Paging.Guest.CallResult;

namespace Paging.Guest;

/// <summary>Two open files that come together: both get a number, or neither. Linux: do_pipe2, __sys_socketpair.</summary>
internal static class DescriptorPair
{
    /// <summary>Writes the two numbers to the program. EMFILE, EFAULT: both files are let go.</summary>
    public static int Install(GuestTask task, OpenDescription first, OpenDescription second, int flags, uint at)
    {
        DescriptorSet descriptors = task.Process.Descriptors;
        int one = task.Process.Install(first, flags);
        int other = one < 0 ? one : task.Process.Install(second, flags);
        if (one < 0) second.Release();
        Span<int> pair = [one, other];
        if (other >= 0 && task.User.TryCopyTo(at, MemoryMarshal.AsBytes(pair))) return 0;
        if (one >= 0) descriptors.Close(one);
        if (other >= 0) descriptors.Close(other);
        return other < 0 ? other : Fail(Errno.EFAULT);
    }
}
