namespace Paging.Core;

/// <summary>The rule by which the engine refuses to commit memory. Linux: vm.overcommit_memory.</summary>
public enum OvercommitMode
{
    /// <summary>0: refuses a single request that exceeds RAM and swap together.</summary>
    Heuristic = 0,
    /// <summary>1: never refuses.</summary>
    Always = 1,
    /// <summary>2: refuses a request if all commitments together would exceed swap and a share of RAM.</summary>
    Never = 2,
}
