namespace Paging.Core;

/// <summary>How readily memory is promised. Linux: vm.overcommit_memory.</summary>
public enum OvercommitMode
{
    /// <summary>0: refuse only what exceeds RAM and swap altogether, in one call.</summary>
    Heuristic = 0,
    /// <summary>1: never refuse.</summary>
    Always = 1,
    /// <summary>2: refuse what, with everything promised before, exceeds swap and a share of RAM.</summary>
    Never = 2,
}
