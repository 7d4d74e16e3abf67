namespace Paging.Guest.Machine;

/// <summary>The kernel's version in uname(2) and /proc/version.</summary>
internal static class KernelVersion
{
    public const string Release = "6.18.0-paging", Version = "#1 SMP PREEMPT_DYNAMIC";    // the kernel that the calls were compared with
}
