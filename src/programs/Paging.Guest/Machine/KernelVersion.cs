namespace Paging.Guest.Machine;

/// <summary>What uname(2) and /proc/version say of the kernel.</summary>
internal static class KernelVersion
{
    public const string Release = "6.18.0-paging", Version = "#1 SMP PREEMPT_DYNAMIC";
}
