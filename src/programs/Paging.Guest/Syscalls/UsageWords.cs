using System.Runtime.InteropServices;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>struct rusage: two times and fourteen numbers.</summary>
internal static class UsageWords
{
    public static bool TryWriteChild(GuestTask task, VirtualAddress at, GuestProcess child) => TryWrite(
        task, at, child.UserTime + child.ChildrenUserTime, child.SystemTime + child.ChildrenSystemTime,
        child.IsZombie ? child.FinalPeakResident : child.Memory.Space.Usage.PeakResident.Value * 4L,
        child.FinalFaults.Minor + child.ChildrenMinorFaults, child.FinalFaults.Major + child.ChildrenMajorFaults);

    public static bool TryWrite(GuestTask task, VirtualAddress at, long user, long system, long peakKibibytes, long minor, long major)
    {
        Span<int> words = stackalloc int[18];    // ru_maxrss is word 4, ru_minflt and ru_majflt 8 and 9
        words.Clear();
        (words[0], words[1]) = ((int)(user / TimeWords.Second), (int)(user % TimeWords.Second / 1000));
        (words[2], words[3]) = ((int)(system / TimeWords.Second), (int)(system % TimeWords.Second / 1000));
        (words[4], words[8], words[9]) = ((int)peakKibibytes, (int)minor, (int)major);
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(words));
    }
}
