namespace Paging.Core;

/// <summary>The memory that gets transparent huge pages. Linux: /sys/kernel/mm/transparent_hugepage/enabled.</summary>
public enum TransparentHugePages
{
    /// <summary>None.</summary>
    Never,
    /// <summary>Memory with the advice MADV_HUGEPAGE.</summary>
    Advised,
}

/// <summary>The transparent huge pages that a process gets: PR_SET_THP_DISABLE of prctl(2).</summary>
public enum TransparentPolicy
{
    /// <summary>What <see cref="TransparentHugePages"/> allows: PR_GET_THP_DISABLE is 0.</summary>
    On,
    /// <summary>No further ones; existing ones stay: 1.</summary>
    Off,
    /// <summary>Only memory with MADV_HUGEPAGE or MADV_COLLAPSE: 3.</summary>
    OnlyAdvised,
}
