namespace Paging.Core;

/// <summary>Where transparent huge pages are used. Linux: /sys/kernel/mm/transparent_hugepage/enabled.</summary>
public enum TransparentHugePages
{
    /// <summary>Nowhere.</summary>
    Never,
    /// <summary>In memory with the advice MADV_HUGEPAGE.</summary>
    Advised,
}

/// <summary>Which transparent huge pages a process gets: PR_SET_THP_DISABLE of prctl(2).</summary>
public enum TransparentPolicy
{
    /// <summary>Those that the machine gives: PR_GET_THP_DISABLE is 0.</summary>
    On,
    /// <summary>None; those that it has stay: 1.</summary>
    Off,
    /// <summary>Only where it asked with MADV_HUGEPAGE or MADV_COLLAPSE: 3.</summary>
    OnlyAdvised,
}
